namespace Peapod.Pod.Manifest;

public sealed record EnvVar
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>As written: <c>$(VAR)</c> not yet expanded.</summary>
    public string Value { get; init => field = value ?? ""; } = "";
}
