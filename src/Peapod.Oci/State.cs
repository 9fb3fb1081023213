using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>What "state" prints; runtime.md, "State". The last three are runc's.</summary>
[JsonRecord]
public sealed partial record State
{
    public string? OciVersion { get; init; }

    public string? Id { get; init; }

    public int Pid { get; init; }

    public string? Status { get; init; }

    public string? Bundle { get; init; }

    public string? Rootfs { get; init; }

    public string? Created { get; init; }

    public string? Owner { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}
