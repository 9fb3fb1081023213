using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>A container's namespaces. The mount and the cgroup namespace are always its own.</summary>
/// <param name="SandboxPid">The process that holds those of the pod.</param>
public sealed record ContainerNamespaces(int SandboxPid)
{
    /// <summary>The network and the host name: of the pod or the node.</summary>
    public NamespaceMode Network { get; init; }

    /// <summary>System V IPC, POSIX message queues and /dev/shm: of the pod or the node.</summary>
    public NamespaceMode Ipc { get; init; }

    public NamespaceMode Pid { get; init; } = NamespaceMode.Container;

    /// <summary>With <see cref="NamespaceMode.Target"/>, whose PID namespace it joins.</summary>
    public int TargetPid { get; init; }

    /// <summary>The pod has a user namespace.</summary>
    public bool HasUsers { get; init; }

    internal List<LinuxNamespace> ToOci()
    {
        var path = $"/proc/{SandboxPid}/ns";
        var namespaces = new List<LinuxNamespace> { new() { Type = "mount" }, new() { Type = "cgroup" } };
        if (Pid != NamespaceMode.Node)
        {
            namespaces.Add(Pid switch
            {
                NamespaceMode.Pod => new() { Type = "pid", Path = $"{path}/pid" },
                NamespaceMode.Target => new() { Type = "pid", Path = $"/proc/{TargetPid}/ns/pid" },
                _ => new() { Type = "pid" },
            });
        }

        if (Network == NamespaceMode.Pod)
        {
            namespaces.Add(new() { Type = "network", Path = $"{path}/net" });
            namespaces.Add(new() { Type = "uts", Path = $"{path}/uts" });
        }

        if (Ipc == NamespaceMode.Pod)
        {
            namespaces.Add(new() { Type = "ipc", Path = $"{path}/ipc" });
        }

        if (HasUsers)
        {
            namespaces.Add(new() { Type = "user", Path = $"{path}/user" });
        }

        return namespaces;
    }
}
