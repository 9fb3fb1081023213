namespace Peapod.Pod.Manifest;

public sealed record EnvVar
{
    public string Name { get => field ?? ""; init; }

    /// <summary>As written: <c>$(VAR)</c> not yet expanded.</summary>
    public string Value { get => field ?? ""; init; }
}
