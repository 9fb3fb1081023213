using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>One hook.</summary>
[JsonRecord]
public sealed partial record Hook
{
    public string? Path { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>Seconds.</summary>
    public int? Timeout { get; init; }
}
