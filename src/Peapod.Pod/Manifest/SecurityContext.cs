namespace Peapod.Pod.Manifest;

/// <summary>Security settings of one container.</summary>
public sealed record SecurityContext
{
    public Capabilities? Capabilities { get; init; }

    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public bool? ReadOnlyRootFilesystem { get; init; }

    /// <summary>False sets no_new_privs.</summary>
    public bool? AllowPrivilegeEscalation { get; init; }
}
