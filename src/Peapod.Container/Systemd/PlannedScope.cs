using Peapod.Container.Cgroups;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Container.Systemd;

/// <summary>A scope for people to read before it is started.</summary>
/// <param name="Unit">The unit's name.</param>
/// <param name="Cgroup">Its cgroup's directory.</param>
/// <param name="Properties">What systemd is told, each with the field that asks for it.</param>
public sealed record PlannedScope(string Unit, string Cgroup, IReadOnlyList<(string Field, string Text)> Properties)
{
    /// <exception cref="SpecException">linux.cgroupsPath, or an annotation, is not what systemd takes.</exception>
    public static PlannedScope Of(CgroupHierarchy hierarchy, Spec spec, string id)
    {
        var name = ScopeName.Parse(spec.Linux?.CgroupsPath, id);
        var properties = new List<(string, string)>();
        foreach (var property in ScopeProperties.Compile(name, id, spec, FileSystem.TryReadText("/proc/devices") ?? ""))
        {
            properties.Add((property.Field, property.ToString()));
        }

        return new(name.Unit, hierarchy.MountPoint + name.Path, properties);
    }
}
