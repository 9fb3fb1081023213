namespace Peapod.HostTests.Harness;

/// <summary>The controllers of this host's cgroup2; those that are bound to cgroup v1 are none.</summary>
internal static class Controllers
{
    /// <summary>Skips a test where there is none of that name.</summary>
    internal static void Need(string name) => Skip.IfNot(
        File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split(' ', '\n').Contains(name), $"the {name} controller is not in this host's cgroup2");
}
