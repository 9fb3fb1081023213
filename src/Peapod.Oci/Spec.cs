using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>config.json of the OCI runtime-spec 1.3; "Configuration".</summary>
[JsonRecord]
public sealed partial record Spec
{
    public string? OciVersion { get; init; }

    public Process? Process { get; init; }

    public Root? Root { get; init; }

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    public IReadOnlyList<Mount>? Mounts { get; init; }

    public Hooks? Hooks { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public Linux? Linux { get; init; }
}
