using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Variables from all keys of a ConfigMap or a Secret: exactly one is set.</summary>
[JsonRecord]
public sealed partial record EnvFromSource
{
    /// <summary>Put before each key.</summary>
    public string? Prefix { get; init; }

    public ObjectReference? ConfigMapRef { get; init; }

    public ObjectReference? SecretRef { get; init; }
}
