using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A device node (config-linux.md, Devices; mknod(2)).</summary>
[JsonRecord]
public sealed partial record LinuxDevice
{
    /// <summary>Where it is made in the container.</summary>
    public string Path { get; init; } = "";

    /// <summary><c>c</c> or <c>u</c> (character), <c>b</c> (block) or <c>p</c> (FIFO).</summary>
    public string Type { get; init; } = "";

    /// <summary>The major number; not for a FIFO.</summary>
    public long Major { get; init; }

    /// <summary>The minor number; not for a FIFO.</summary>
    public long Minor { get; init; }

    /// <summary>Permission bits.</summary>
    public uint? FileMode { get; init; }

    /// <summary>The owner in the container.</summary>
    public uint? Uid { get; init; }

    /// <summary>The owning group in the container.</summary>
    public uint? Gid { get; init; }
}
