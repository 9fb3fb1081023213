using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>What the runtime can do on Linux (features-linux.md).</summary>
[JsonRecord]
public sealed partial record LinuxFeatures
{
    /// <summary>The namespaces, by type.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>The capabilities, by name.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>Control groups.</summary>
    public CgroupFeatures? Cgroup { get; init; }

    /// <summary>The system call filter.</summary>
    public SeccompFeatures? Seccomp { get; init; }

    /// <summary>AppArmor.</summary>
    public EnabledFeature? Apparmor { get; init; }

    /// <summary>SELinux.</summary>
    public EnabledFeature? Selinux { get; init; }

    /// <summary>resctrl.</summary>
    public IntelRdtFeatures? IntelRdt { get; init; }

    /// <summary>NUMA memory policies.</summary>
    public MemoryPolicyFeatures? MemoryPolicy { get; init; }

    /// <summary>Extensions of mounts.</summary>
    public MountExtensionsFeatures? MountExtensions { get; init; }

    /// <summary>Moving network devices.</summary>
    public EnabledFeature? NetDevices { get; init; }
}
