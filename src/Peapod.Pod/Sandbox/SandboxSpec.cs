using Peapod.Host;
using Peapod.Oci;
using Peapod.Pod.Objects;
using Peapod.Shim.Sandbox;
using Peapod.Workload;

namespace Peapod.Pod.Sandbox;

/// <summary>The configuration of a pod's sandbox: namespaces, their kernel parameters, and a process that holds them.</summary>
internal static class SandboxSpec
{
    internal const string Id = ShimSandbox.Id;

    /// <summary>
    /// The tmpfs that all containers have there, too. It is in the sandbox's mount namespace, not the host's: each mount of the host's
    /// is copied at the start of every container, and told to its systemd.
    /// </summary>
    private const string SharedMemory = SpecCompiler.SharedMemory;

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
            Mounts = pod.Spec.HostIPC ? [] : [new() { Destination = SharedMemory, Type = "tmpfs", Source = "shm", Options = ["nosuid", "nodev", "noexec", "mode=1777", "size=64m"] }],
            Linux = new Linux
            {
                CgroupsPath = $"{cgroup}/{Id}",
                Namespaces = namespaces,
                UidMappings = MappingsOf(ids),
                GidMappings = MappingsOf(ids),
                Sysctl = PodSysctls.Of(pod, allowedSysctls),
            },
        };
    }

    private static IReadOnlyList<LinuxIdMapping> MappingsOf(IdRange? ids) => ids is null ? [] : [new() { ContainerID = 0, HostID = ids.First, Size = IdRange.Size }];
}
