using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The user that a process runs as (config.md, User, POSIX-platform).</summary>
[JsonRecord]
public sealed partial record User
{
    /// <summary>The user in the container's user namespace.</summary>
    public uint Uid { get; init; }

    /// <summary>The group in the container's user namespace.</summary>
    public uint Gid { get; init; }

    /// <summary>The file mode creation mask; absent leaves the inherited one.</summary>
    public uint? Umask { get; init; }

    /// <summary>Supplementary groups in the container's user namespace.</summary>
    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];
}
