using Peapod.Oci.Json;

namespace Peapod.Pod.Manifest;

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
}
