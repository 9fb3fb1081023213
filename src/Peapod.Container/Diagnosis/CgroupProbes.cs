using System.Globalization;
using Peapod.Container.Cgroups;
using Peapod.Container.Devices;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Container.Diagnosis;

/// <summary>cgroup v2: a cgroup is made where a container's would be, and a child in it is frozen and killed.</summary>
internal static class CgroupProbes
{
    private const string Area = "cgroup";
    private const int Timeout = 5_000;

    private static (string Name, string Consequence)[] Controllers =>
    [
        ("cpu", "limits of CPU time and weights"), ("cpuset", "limits to some CPUs or memory nodes"), ("memory", "memory limits and lack of memory as an event"),
        ("io", "limits of block IO"), ("pids", "limits of the number of processes"), ("hugetlb", "limits of huge pages"), ("rdma", "limits of RDMA"), ("misc", "limits of the misc controller"),
    ];

    internal static void Run(Findings findings)
    {
        CgroupHierarchy? hierarchy = null;
        string FindMount() => (hierarchy = CgroupHierarchy.Find()).MountPoint;
        if (!findings.Probe(Area, "cgroup v2 mount", FindMount, "containers run only with --cgroup-manager=disabled.", "mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1.", needed: true))
        {
            return;
        }

        var path = CgroupPath.Resolve(hierarchy!, null, string.Create(CultureInfo.InvariantCulture, $"peapod-doctor-{Environment.ProcessId}"));
        FindControllers(findings, Path.GetDirectoryName(path)!, hierarchy!);
        try
        {
            using var cgroup = Cgroup.Create(hierarchy!, path, "peapod-doctor");
            try
            {
                Try(findings, cgroup);
            }
            finally
            {
                cgroup.Kill();
                cgroup.Remove();
            }
        }
        catch (Exception e) when (e is ContainerException or KernelException)
        {
            findings.Missing(Area, "a cgroup of its own", e.Message, "containers run only with --cgroup-manager=disabled.", "make /sys/fs/cgroup writable, and run as root of the cgroup namespace.", needed: true);
        }
    }

    private static void Try(Findings findings, Cgroup cgroup)
    {
        using var child = ProbeChild.Start(cgroup: cgroup.Directory);
        findings.Ok(Area, "CLONE_INTO_CGROUP", $"made and removed {cgroup.Path}");
        findings.Probe(Area, "cgroup.freeze", () => Freeze(cgroup), "pause is refused.", "run a kernel from 5.2 on.");
        findings.Probe(Area, "device program", () => DeviceProgram.Try(cgroup.Directory), "containers with linux.resources.devices are refused, and those are nearly all.", "run as a user with CAP_BPF or CAP_SYS_ADMIN, on a kernel with CONFIG_CGROUP_BPF.", needed: true);
        findings.Probe(Area, "cgroup.kill", () => Kill(cgroup, child), "delete --force cannot end a container.", "run a kernel from 5.14 on.", needed: true);
    }

    private static string Freeze(Cgroup cgroup)
    {
        cgroup.Freeze();
        cgroup.Thaw();
        return "";
    }

    private static string Kill(Cgroup cgroup, ProbeChild child)
    {
        FileSystem.WriteExisting(cgroup.Directory, "cgroup.kill", "1");
        return child.Process.WaitForExit(Timeout) ? "" : throw new KernelException("write", "cgroup.kill", Errno.ETIMEDOUT);
    }

    private static void FindControllers(Findings findings, string parent, CgroupHierarchy hierarchy)
    {
        var here = FileSystem.TryReadText($"{parent}/cgroup.controllers") ?? "";
        var top = FileSystem.TryReadText($"{hierarchy.MountPoint}/cgroup.controllers") ?? "";
        var table = FileSystem.TryReadText("/proc/cgroups") ?? "";
        foreach (var (name, consequence) in Controllers)
        {
            if (here.Split(' ').Contains(name))
            {
                findings.Ok(Area, $"controller {name}");
                continue;
            }

            var (reason, remedy) = MissingController.Explain(name, top, table);
            findings.Missing(Area, $"controller {name}", reason, $"{consequence} are refused.", remedy);
        }
    }
}
