using Peapod.Oci;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>The configuration of a pod's sandbox: namespaces, their kernel parameters, and a process that holds them.</summary>
internal static class SandboxSpec
{
    internal const string Id = "sandbox";

    /// <param name="pod">The pod.</param>
    /// <param name="cgroup">The pod's cgroup.</param>
    /// <param name="ids">The pod's range of ids when it has a user namespace, or null.</param>
    /// <param name="allowedSysctls">The unsafe kernel parameters that the host's administrator lets this pod set.</param>
    /// <exception cref="PodException">A kernel parameter that the pod may not set.</exception>
    internal static Spec Create(PodManifest pod, string cgroup, IdRange? ids, IReadOnlyList<string> allowedSysctls)
    {
        var namespaces = new List<LinuxNamespace> { new() { Type = "pid" }, new() { Type = "mount" }, new() { Type = "cgroup" } };
        if (!pod.Spec.HostNetwork)
        {
            namespaces.Add(new() { Type = "network" });
            namespaces.Add(new() { Type = "uts" });
        }

        if (!pod.Spec.HostIPC)
        {
            namespaces.Add(new() { Type = "ipc" });
        }

        if (ids is not null)
        {
            namespaces.Add(new() { Type = "user" });
        }

        return new Spec
        {
            OciVersion = DefaultSpec.OciVersion,
            Hostname = pod.Spec.HostNetwork ? null : PodHostname.OfKernel(pod),
            Linux = new Linux
            {
                CgroupsPath = $"{cgroup}/{Id}",
                Namespaces = namespaces,
                UidMappings = ids?.Mappings ?? [],
                GidMappings = ids?.Mappings ?? [],
                Sysctl = PodSysctls.Of(pod, allowedSysctls),
            },
        };
    }
}
