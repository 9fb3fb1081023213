using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Where the value of a variable comes from: exactly one is set.</summary>
[JsonRecord]
public sealed partial record EnvVarSource
{
    public ObjectFieldSelector? FieldRef { get; init; }

    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    public KeySelector? ConfigMapKeyRef { get; init; }

    public KeySelector? SecretKeyRef { get; init; }
}
