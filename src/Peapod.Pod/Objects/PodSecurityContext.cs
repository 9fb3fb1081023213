using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Security settings for all containers of a pod; a container's own settings win.</summary>
[JsonRecord]
public sealed partial record PodSecurityContext
{
    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public IReadOnlyList<long>? SupplementalGroups { get; init; }

    /// <summary>A supplemental group of every process, and the owning group of the pod's volumes.</summary>
    public long? FsGroup { get; init; }

    public FSGroupChangePolicy? FsGroupChangePolicy { get; init; }

    public SupplementalGroupsPolicy? SupplementalGroupsPolicy { get; init; }

    /// <summary>Of the pod's network and IPC namespaces.</summary>
    public IReadOnlyList<Sysctl> Sysctls { get; init => field = value ?? []; } = [];

    public SeccompProfile? SeccompProfile { get; init; }

    public SELinuxOptions? SeLinuxOptions { get; init; }

    public AppArmorProfile? AppArmorProfile { get; init; }
}
