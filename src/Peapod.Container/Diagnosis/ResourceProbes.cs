using Peapod.Container.Resctrl;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Diagnosis;

/// <summary>Room for states and data, and the limits of the host that many containers come up against.</summary>
internal static class ResourceProbes
{
    private const ulong LeastBytes = 64 << 20;
    private const ulong LeastInodes = 10_000;

    /// <summary>The sysctl, below which value it bites, what then fails, and the value to set.</summary>
    private static (string Name, long Least, string Consequence, long Value)[] Limits =>
    [
        ("kernel.pid_max", 32_768, "all containers together have no more processes than that.", 4_194_304),
        ("kernel.threads-max", 16_384, "all containers together have no more threads than that.", 1_000_000),
        ("kernel.keys.root_maxkeys", 1_000, "each container has a session keyring: with that many containers the next is refused with EDQUOT.", 1_000_000),
        ("kernel.keys.maxkeys", 1_000, "containers whose keyring belongs to one user other than root: with that many the next is refused with EDQUOT, but for --no-new-keyring.", 20_000),
        ("user.max_mnt_namespaces", 1_000, "no more containers than that can run.", 15_000),
        ("fs.inotify.max_user_instances", 512, "the programs of one user in all containers share that many; further ones fail with EMFILE.", 8_192),
        ("fs.inotify.max_user_watches", 65_536, "the programs of one user in all containers share that many; further ones fail with ENOSPC.", 524_288),
        ("fs.mount-max", 10_000, "a mount namespace with more mounts cannot be made.", 100_000),
        ("fs.file-max", 65_536, "all processes together have no more files open than that.", 1_000_000),
        ("fs.nr_open", 65_536, "process.rlimits with a higher RLIMIT_NOFILE is refused.", 1_048_576),
    ];

    internal static void Run(Findings findings, string stateRoot, string dataRoot)
    {
        Room(findings, "state root", stateRoot, needed: true);
        Room(findings, "data root", dataRoot, needed: false);
        foreach (var (name, least, consequence, value) in Limits)
        {
            if (HostPaths.Sysctl(name) is not { } found)
            {
                continue;
            }

            if (found < least)
            {
                findings.Warn("limit", name, $"is {found}", consequence, $"sysctl -w {name}={value}.");
            }
            else
            {
                findings.Ok("limit", name, $"is {found}");
            }
        }

        Resctrl(findings);
    }

    private static void Room(Findings findings, string what, string path, bool needed)
    {
        var place = HostPaths.NearestExisting(path);
        if (Libc.statfs(place, out var status) != 0)
        {
            findings.Missing("room", what, Kernel.KernelException.Last("statfs", place).Message, "nothing can be written there.", "mount a file system there.", needed);
            return;
        }

        const long ST_RDONLY = 1;
        var bytes = status.BlocksAvailable * (ulong)status.BlockSize;
        var detail = $"{path}: {bytes >> 20} MB free" + (status.Files == 0 ? "" : $", {status.FilesFree} inodes free");
        if ((status.Flags & ST_RDONLY) != 0)
        {
            findings.Missing("room", what, $"{path}: the file system is read-only", "nothing can be written there.", "name another folder, or mount it read-write.", needed);
        }
        else if (bytes < LeastBytes || (status.Files > 0 && status.FilesFree < LeastInodes))
        {
            findings.Warn("room", what, detail, "containers will soon fail with ENOSPC.", "make room, or name another folder.");
        }
        else
        {
            findings.Ok("room", what, detail);
        }
    }

    private static void Resctrl(Findings findings)
    {
        if (ResctrlGroup.FindRoot() is { } root)
        {
            findings.Ok("resctrl", "mount", root);
        }
        else if (FileSystem.ReadText("/proc/filesystems").Contains("\tresctrl", StringComparison.Ordinal))
        {
            findings.Missing("resctrl", "mount", "the kernel has it and it is not mounted", "containers with linux.intelRdt are refused.", "mount -t resctrl resctrl /sys/fs/resctrl.");
        }
        else
        {
            findings.Missing("resctrl", "mount", "the kernel or the CPU lacks it", "containers with linux.intelRdt are refused.", "none on this machine.");
        }
    }
}
