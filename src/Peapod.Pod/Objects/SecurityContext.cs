using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Security settings of one container.</summary>
[JsonRecord]
public sealed partial record SecurityContext
{
    public Capabilities? Capabilities { get; init; }

    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public bool? ReadOnlyRootFilesystem { get; init; }

    /// <summary>False sets no_new_privs.</summary>
    public bool? AllowPrivilegeEscalation { get; init; }

    /// <summary>All capabilities and devices, and nothing hidden.</summary>
    public bool? Privileged { get; init; }

    public ProcMountType? ProcMount { get; init; }

    public SeccompProfile? SeccompProfile { get; init; }

    public SELinuxOptions? SeLinuxOptions { get; init; }

    public AppArmorProfile? AppArmorProfile { get; init; }
}
