using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>What a container's processes may do.</summary>
public sealed record ContainerSecurity
{
    /// <summary>The bounding set, by names.</summary>
    public required IReadOnlyList<string> Capabilities { get; init; }

    /// <summary>It gets the host's devices, and /sys and its cgroup for writing.</summary>
    public bool IsPrivileged { get; init; }

    /// <summary>Nothing of /proc and /sys is closed to it.</summary>
    public bool OpensProc { get; init; }

    /// <summary>Its root file system is read-only.</summary>
    public bool HasReadOnlyRoot { get; init; }

    /// <summary>Nothing that is executed gives it more than it has: PR_SET_NO_NEW_PRIVS, prctl(2).</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>The system calls that it may do; null for all.</summary>
    public LinuxSeccomp? Filter { get; init; }

    public string? AppArmorProfile { get; init; }

    /// <summary>The SELinux label of its processes.</summary>
    public string? ProcessLabel { get; init; }

    /// <summary>The SELinux label of its file systems.</summary>
    public string? MountLabel { get; init; }
}
