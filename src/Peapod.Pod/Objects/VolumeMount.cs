using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

[JsonRecord]
public sealed partial record VolumeMount
{
    /// <summary>The volume of the pod that is mounted.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    [OmitDefault]
    public bool ReadOnly { get; init; }

    /// <summary>Where in the container.</summary>
    public string MountPath { get; init => field = value ?? ""; } = "";

    /// <summary>The folder or file in the volume to mount instead of its root; relative, without <c>..</c>.</summary>
    public string? SubPath { get; init; }

    /// <summary>As <see cref="SubPath"/>, with <c>$(VAR)</c> of the container's environment.</summary>
    public string? SubPathExpr { get; init; }

    public MountPropagation? MountPropagation { get; init; }

    public RecursiveReadOnly? RecursiveReadOnly { get; init; }
}
