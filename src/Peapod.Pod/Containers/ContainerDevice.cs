using Peapod.Oci;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Containers;

/// <summary>A block device of the host that a container gets.</summary>
/// <param name="Path">Where, in the container.</param>
/// <param name="Major">Its number.</param>
/// <param name="Minor">Its number.</param>
/// <param name="ReadOnly">It may not be opened for writing.</param>
internal readonly record struct ContainerDevice(string Path, uint Major, uint Minor, bool ReadOnly)
{
    private const uint FileMode = 0x1b0; // 0660

    /// <summary>The node. It is root's unless the manifest says who the container runs as: CRI runtimes' device_ownership_from_security_context.</summary>
    internal LinuxDevice Node(PodSpec pod, ContainerSpec container) => new()
    {
        Path = Path,
        Type = "b",
        Major = Major,
        Minor = Minor,
        FileMode = FileMode,
        Uid = (uint)(container.SecurityContext?.RunAsUser ?? pod.SecurityContext?.RunAsUser ?? 0),
        Gid = (uint)(container.SecurityContext?.RunAsGroup ?? pod.SecurityContext?.RunAsGroup ?? 0),
    };

    /// <summary>What the container may do with it, whatever its user.</summary>
    internal LinuxDeviceCgroup Rule => new() { Allow = true, Type = "b", Major = Major, Minor = Minor, Access = ReadOnly ? "rm" : "rwm" };
}
