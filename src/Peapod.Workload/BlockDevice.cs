using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>A block device of the host that a container gets.</summary>
/// <param name="Path">Where, in the container.</param>
/// <param name="Major">Its number.</param>
/// <param name="Minor">Its number.</param>
/// <param name="ReadOnly">It may not be opened for writing.</param>
/// <param name="Uid">Whose it is, in the container.</param>
/// <param name="Gid">Its group, in the container.</param>
public readonly record struct BlockDevice(string Path, uint Major, uint Minor, bool ReadOnly, uint Uid = 0, uint Gid = 0)
{
    private const uint FileMode = 0x1b0; // 0660

    internal LinuxDevice Node => new()
    {
        Path = Path,
        Type = "b",
        Major = Major,
        Minor = Minor,
        FileMode = FileMode,
        Uid = Uid,
        Gid = Gid,
    };

    /// <summary>What the container may do with it, whatever its user.</summary>
    internal LinuxDeviceCgroup Rule => new() { Allow = true, Type = "b", Major = Major, Minor = Minor, Access = ReadOnly ? "rm" : "rwm" };
}
