using Peapod.Oci;

namespace Peapod.Pod.Sandbox;

/// <summary>The configuration of a pod's sandbox: namespaces, and a process that holds them.</summary>
internal static class SandboxSpec
{
    internal const string Id = "sandbox";

    internal static Spec Create(string hostname, string cgroup) => new()
    {
        OciVersion = DefaultSpec.OciVersion,
        Hostname = hostname,
        Linux = new Linux
        {
            CgroupsPath = $"{cgroup}/{Id}",
            Namespaces =
            [
                new() { Type = "pid" }, new() { Type = "network" }, new() { Type = "ipc" },
                new() { Type = "uts" }, new() { Type = "mount" }, new() { Type = "cgroup" },
            ],
        },
    };
}
