using Peapod.Container.DBus;

namespace Peapod.Container.Systemd;

/// <summary>One property of a unit; systemd.resource-control(5), org.freedesktop.systemd1(5).</summary>
/// <param name="Field">The field of config.json that asks for it; empty when it follows from none.</param>
/// <param name="Name">The property, as D-Bus has it: times end with USec.</param>
internal sealed record UnitProperty(string Field, string Name, DBusVariant Value)
{
    /// <summary>The first version of systemd that knows it; 0 for all. An older one is not told: the cgroup's files are written besides.</summary>
    internal int Since { get; init; }

    public override string ToString() => $"{Name}={Value}";

    internal static UnitProperty Number(string field, string name, ulong value) => new(field, name, new("t", value));

    internal static UnitProperty Text(string field, string name, string value) => new(field, name, new("s", value));

    internal static UnitProperty Flag(string name, bool value) => new("", name, new("b", value));
}
