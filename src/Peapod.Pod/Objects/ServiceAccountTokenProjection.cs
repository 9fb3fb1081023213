using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A token for the API server. There is none here: <see cref="Manifest.ServiceAccountTokens"/> leaves it out.</summary>
[JsonRecord]
public sealed partial record ServiceAccountTokenProjection
{
    public string? Audience { get; init; }

    public long? ExpirationSeconds { get; init; }

    /// <summary>Where the token would go in the volume.</summary>
    public string Path { get; init => field = value ?? ""; } = "";
}
