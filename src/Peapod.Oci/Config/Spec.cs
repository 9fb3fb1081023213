using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A container's configuration: config.json of a bundle (runtime-spec, config.md). Fields of other platforms are not kept.</summary>
[JsonRecord]
public sealed partial record Spec
{
    /// <summary>Bytes of the largest document of this kind that is read: far more than any honest one has, and less than would need all of a command's memory.</summary>
    public const int LargestDocument = 4 << 20;

    /// <summary>The version of the runtime-spec that the bundle follows, in SemVer.</summary>
    public string OciVersion { get; init; } = "";

    /// <summary>What runs in the container. Required by <c>start</c>.</summary>
    public Process? Process { get; init; }

    /// <summary>The container's root file system.</summary>
    public Root? Root { get; init; }

    /// <summary>The host name in the container's UTS namespace.</summary>
    public string? Hostname { get; init; }

    /// <summary>The NIS domain name in the container's UTS namespace.</summary>
    public string? Domainname { get; init; }

    /// <summary>What is mounted on top of the root file system, in this order.</summary>
    public IReadOnlyList<Mount> Mounts { get; init; } = [];

    /// <summary>Commands run at points of the container's life.</summary>
    public Hooks? Hooks { get; init; }

    /// <summary>Free metadata; keys in reverse domain notation.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = JsonMap<string>.Empty;

    /// <summary>What only Linux has.</summary>
    public Linux? Linux { get; init; }
}
