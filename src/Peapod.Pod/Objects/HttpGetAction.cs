using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A GET; an answer from 200 to 399 is good.</summary>
[JsonRecord]
public sealed partial record HttpGetAction
{
    public string? Path { get; init; }

    /// <summary>The container's port: its number or its name.</summary>
    public PortReference Port { get; init; }

    /// <summary>Null for the pod's address.</summary>
    public string? Host { get; init; }

    /// <summary>Set after <see cref="Manifest.ManifestDefaults"/>: HTTP. The certificate is not looked at.</summary>
    public UriScheme? Scheme { get; init; }

    public IReadOnlyList<HttpHeader> HttpHeaders { get; init => field = value ?? []; } = [];
}
