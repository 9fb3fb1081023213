namespace Peapod.Container.Cgroups;

/// <summary>One value for one of a cgroup's files.</summary>
/// <param name="Field">The field of config.json that asks for it.</param>
/// <param name="File">The interface file; its part before the first dot names the controller.</param>
/// <param name="Value">What is written.</param>
public sealed record CgroupSetting(string Field, string File, string Value)
{
    public string Controller => File[..File.IndexOf('.', StringComparison.Ordinal)];
}
