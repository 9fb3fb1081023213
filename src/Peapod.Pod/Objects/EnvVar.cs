using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

[JsonRecord]
public sealed partial record EnvVar
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>As written: <c>$(VAR)</c> not yet expanded.</summary>
    [OmitDefault]
    public string Value { get; init => field = value ?? ""; } = "";

    /// <summary>Where the value comes from instead.</summary>
    public EnvVarSource? ValueFrom { get; init; }
}
