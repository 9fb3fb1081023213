using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Diagnosis;

/// <summary>The system calls that containers are made with: each is called.</summary>
internal static class KernelProbes
{
    private const string Area = "kernel";
    private const string NoContainer = "no container can run";

    internal static void Run(Findings findings, string dataRoot)
    {
        findings.Ok(Area, "Linux", FileSystem.ReadText("/proc/sys/kernel/osrelease"));
        findings.Probe(Area, "clone3", Spawn, NoContainer, "run a kernel from 5.7 on, and no seccomp profile around Peapod that refuses clone3.", needed: true);
        findings.Probe(Area, "openat2", OpenInRoot, NoContainer, "run a kernel from 5.6 on.", needed: true);
        findings.Probe(Area, "open_tree", CloneMount, NoContainer, "run a kernel from 5.2 on, as a user with CAP_SYS_ADMIN.", needed: true);
        findings.Probe(Area, "fsopen, fsmount", NewMount, NoContainer, "run a kernel from 5.2 on, as a user with CAP_SYS_ADMIN.", needed: true);
        findings.Probe(Area, "move_mount", MoveMount, NoContainer, "run a kernel from 5.2 on.", needed: true);
        findings.Probe(Area, "mount_setattr", SetAttributes, NoContainer, "run a kernel from 5.12 on.", needed: true);
        findings.Probe(Area, "close_range", CloseRange, NoContainer, "run a kernel from 5.9 on.", needed: true);
        findings.Probe(Area, "pidfd_getfd", GetDescriptor, "a seccomp filter with SCMP_ACT_NOTIFY cannot be handed to its agent.", "run a kernel from 5.6 on.");
        findings.Probe(Area, "PIDFD_GET_INFO", ExitInfo, "exit codes of pods whose supervisor was killed are not known.", "run a kernel from 6.15 on.");
        findings.Probe(Area, "idmapped mounts of tmpfs", () => MapIds(NewTmpfs()), "mounts of tmpfs with uidMappings are refused.", "run a kernel from 6.3 on.");
        var place = HostPaths.NearestExisting(dataRoot);
        findings.Probe(Area, $"idmapped mounts of {place}", () => MapIds(DetachedMount.Clone(place, recursive: false)), "mounts from there with uidMappings are refused.", "keep bundles and volumes on ext4, xfs or btrfs.");
    }

    private static string Spawn()
    {
        using var child = ProbeChild.Start();
        return "with CLONE_PIDFD, CLONE_VM and CLONE_VFORK";
    }

    private static string OpenInRoot()
    {
        using var root = FileSystem.OpenDirectory("/");
        using var found = FileSystem.OpenInRoot(root, "proc", Libc.O_PATH);
        return "RESOLVE_IN_ROOT";
    }

    private static string CloneMount()
    {
        using var mount = DetachedMount.Clone("/", recursive: false);
        return "OPEN_TREE_CLONE";
    }

    private static DetachedMount NewTmpfs() => DetachedMount.Create("tmpfs", "peapod-doctor", [], Libc.MOUNT_ATTR_NOSUID);

    private static string NewMount()
    {
        using var mount = NewTmpfs();
        return "";
    }

    /// <summary>To a place that there cannot be: what the kernel says to it is not that it does not know the call.</summary>
    private static string MoveMount()
    {
        using var mount = NewTmpfs();
        _ = Libc.move_mount(mount.Number, "", -1, "nowhere", Libc.MOVE_MOUNT_F_EMPTY_PATH);
        return KernelException.Last("move_mount") is { Error: Errno.ENOSYS or Errno.EPERM } error ? throw error : "";
    }

    private static string SetAttributes()
    {
        using var mount = NewTmpfs();
        mount.SetAttributes(new MountAttr { Set = Libc.MOUNT_ATTR_RDONLY }, recursive: true);
        return "with AT_RECURSIVE";
    }

    private static string CloseRange()
    {
        KernelException.Check(Libc.close_range(uint.MaxValue, uint.MaxValue, 0), "close_range");
        return "";
    }

    private static string GetDescriptor()
    {
        using var self = PidFd.TryOpen(Environment.ProcessId) ?? throw new KernelException("pidfd_open", null, Errno.ESRCH);
        using var copy = SafeFd.Check(Libc.pidfd_getfd(self.Number, self.Number, 0), "pidfd_getfd");
        return "";
    }

    private static string ExitInfo()
    {
        var child = ProbeChild.Start();
        using var process = child.Process.Duplicate();
        child.Dispose();
        using var ended = new PidFd(Libc.fcntl(process.Number, Libc.F_DUPFD_CLOEXEC, 3));
        return ended.TryReadExit() is not null ? "with the exit code" : throw new KernelException("ioctl(PIDFD_GET_INFO)", null, Errno.ENOTTY);
    }

    private static string MapIds(DetachedMount mount)
    {
        using (mount)
        {
            LinuxIdMapping[] ids = [new() { ContainerID = 0, HostID = 100_000, Size = 65_536 }];
            using var users = IdMaps.MakeNamespace(new MakeUserNamespaceStep("", "make a user namespace", new PlanSlot(0, "ids"), ids, ids));
            mount.SetAttributes(new MountAttr { Set = Libc.MOUNT_ATTR_IDMAP, UsernsFd = (ulong)users.Number }, recursive: false);
            return "";
        }
    }
}
