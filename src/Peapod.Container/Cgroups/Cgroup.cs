using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Cgroups;

/// <summary>One cgroup of the v2 hierarchy, held by its directory; cgroups(7).</summary>
public sealed partial class Cgroup : IDisposable
{
    private const int RemovalTimeoutMilliseconds = 10_000;
    private const int FreezeTimeoutMilliseconds = 10_000;

    /// <summary>On cgroups that were made above a container's: they go with the last one below them.</summary>
    internal const string MadeMark = "trusted.peapod";

    /// <summary>On a container's own cgroup: whose it is.</summary>
    internal const string OwnerMark = "trusted.peapod.container";

    private Cgroup(string path, SafeFd directory)
    {
        Path = path;
        Directory = directory;
    }

    public string Path { get; }

    public SafeFd Directory { get; }

    /// <summary>Moves a process in.</summary>
    internal void Take(int pid) => FileSystem.WriteExisting(Directory, "cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    /// <exception cref="ContainerException">There is no such cgroup.</exception>
    public static Cgroup Open(string path) => TryOpen(path) ?? throw new ContainerException($"the cgroup \"{path}\" is gone");

    public static Cgroup? TryOpen(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        return fd < 0 ? null : new Cgroup(path, new SafeFd(fd));
    }

    public static bool IsFrozenAt(string path) => FileSystem.TryReadText($"{path}/cgroup.freeze") == "1";

    /// <summary>Writes the limits.</summary>
    /// <param name="settings">The limits.</param>
    /// <param name="choose">What is written in a setting's place; null for nothing.</param>
    /// <exception cref="ContainerException">A limit whose controller the host does not give, or a value that the kernel refuses.</exception>
    internal void Apply(IReadOnlyList<CgroupSetting> settings, Func<CgroupSetting, CgroupSetting?>? choose = null)
    {
        foreach (var setting in settings)
        {
            if ((choose is null ? setting : choose(setting)) is { } chosen)
            {
                Write(chosen, static field => $"config.json: {field}");
            }
        }
    }

    /// <summary>Has the cgroups above pass on the controllers that the limits need, where somebody else made them without (systemd knows no hugetlb).</summary>
    internal void Obtain(CgroupHierarchy hierarchy, IReadOnlyList<CgroupSetting> settings)
    {
        var available = (FileSystem.TryReadText($"{Path}/cgroup.controllers") ?? "").Split(' ');
        foreach (var setting in settings)
        {
            if (setting.Controller != "cgroup" && !available.Contains(setting.Controller))
            {
                for (var end = hierarchy.MountPoint.Length; end > 0 && end < Path.Length; end = Path.IndexOf('/', end + 1))
                {
                    EnableControllers(Path[..end]);
                }

                return;
            }
        }
    }

    /// <summary>Writes changed limits; when one of them is refused, those before it are taken back.</summary>
    /// <param name="settings">What is written, in order.</param>
    /// <param name="nameOf">A field as the user wrote it, for the sentence.</param>
    /// <param name="then">What is done when all are written; when it fails, all are taken back.</param>
    /// <exception cref="ContainerException">As in <see cref="Apply"/>.</exception>
    public void Change(IReadOnlyList<CgroupSetting> settings, Func<string, string> nameOf, Action? then = null)
    {
        var written = new List<(string File, string Value)>();
        try
        {
            foreach (var setting in settings)
            {
                var before = FileSystem.TryReadText($"{Path}/{setting.File}");
                Write(setting, nameOf);

                // Of files with a line for each device only one line was changed: the others say the same when written again.
                foreach (var line in (before ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    written.Add((setting.File, line));
                }
            }

            then?.Invoke();
        }
        catch (ContainerException)
        {
            written.Reverse();
            foreach (var (file, value) in written)
            {
                try
                {
                    FileSystem.WriteExisting(Directory, file, value);
                }
                catch (KernelException)
                {
                    // The first failure is what the user has to hear of.
                }
            }

            throw;
        }
    }

    private void Write(CgroupSetting setting, Func<string, string> nameOf)
    {
        try
        {
            FileSystem.WriteExisting(Directory, setting.File, setting.Value);
        }
        catch (KernelException e) when (e.Error == Errno.ENOENT && setting is { File: "memory.swap.max", Value: "0" or "max" } && HasController("memory"))
        {
            // A kernel without swap accounting: there is nothing to forbid and nothing to allow.
        }
        catch (KernelException e)
        {
            throw Failure(setting, nameOf(setting.Field), e);
        }
    }

    private bool HasController(string name) => (FileSystem.TryReadText($"{Path}/cgroup.controllers") ?? "").Split(' ').Contains(name);

    /// <summary>Lets a user divide the cgroup: the directory and the files that the kernel names for it become that user's.</summary>
    public void GiveTo(uint user)
    {
        try
        {
            Chown("", Libc.AT_EMPTY_PATH);
            var files = FileSystem.TryReadText("/sys/kernel/cgroup/delegate") ?? "cgroup.procs\ncgroup.subtree_control\ncgroup.threads";
            foreach (var file in files.Split('\n'))
            {
                Chown(file, 0);
            }
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: linux.cgroupsPath: cannot give the cgroup \"{Path}\" to user {user}: {e.Message}", 1, e);
        }

        void Chown(string file, int flags)
        {
            const uint unchanged = uint.MaxValue;
            if (Libc.fchownat(Directory.Number, file, user, unchanged, flags) != 0 && KernelException.Last("chown", file) is { Error: not Errno.ENOENT } error)
            {
                throw error;
            }
        }
    }

    public void Freeze() => SetFrozen(frozen: true);

    public void Thaw() => SetFrozen(frozen: false);

    /// <summary>The content of one of the cgroup's files; null when it is not there, or the kernel does not keep what it is for.</summary>
    public string? TryRead(string file)
    {
        try
        {
            return FileSystem.TryReadText($"{Path}/{file}");
        }
        catch (KernelException e) when (e.Error is Errno.EOPNOTSUPP or Errno.ENODEV)
        {
            return null;
        }
    }

    /// <summary>The sizes of huge pages that the cgroup limits, as 2MB, sorted.</summary>
    public IReadOnlyList<string> HugePageSizes()
    {
        const string prefix = "hugetlb.", suffix = ".rsvd.max";
        var sizes = new List<string>();
        foreach (var name in FileSystem.List(Path))
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal))
            {
                sizes.Add(name[prefix.Length..^suffix.Length]);
            }
        }

        sizes.Sort(StringComparer.Ordinal);
        return sizes;
    }

    /// <summary>Removes the cgroup, what is below it, and what <see cref="Create"/> made above it. Waits for processes that are dying.</summary>
    public void Remove()
    {
        var deadline = Environment.TickCount64 + RemovalTimeoutMilliseconds;
        while (!TryRemove(Path))
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new ContainerException($"cannot remove the cgroup \"{Path}\": processes still live in it: {string.Join(", ", Processes())}");
            }

            WaitUntilEmpty(100);
        }

        RemoveMade(System.IO.Path.GetDirectoryName(Path)!);
    }

    public void Dispose() => Directory.Dispose();

    private ContainerException Failure(CgroupSetting setting, string name, KernelException error)
    {
        if (error.Error is not (Errno.ENOENT or Errno.EACCES))
        {
            return new($"{name}: cannot write \"{setting.Value}\" to {setting.File}: {KernelException.Describe(error.Error)}", 1, error);
        }

        var available = FileSystem.TryReadText($"{Path}/cgroup.controllers") ?? "";
        if (available.Split(' ').Contains(setting.Controller))
        {
            return new($"{name}: this kernel has no {setting.File}", 1, error);
        }

        var reason = V1Mount(setting.Controller) is { } mount ? $"it is bound to cgroup v1 at {mount}"
            : FileSystem.TryReadText($"{Path}/cgroup.type") == "threaded" ? "the cgroup above is threaded, and there it limits no single threads"
            : "the kernel lacks it, or a cgroup above does not pass it on";
        return new($"{name}: the {setting.Controller} controller is not available: {reason}\n  available here: {(available.Length == 0 ? "none" : available)}", 1, error);
    }

    private static string? V1Mount(string controller)
    {
        foreach (var line in Encoding.UTF8.GetString(FileSystem.ReadAllBytes("/proc/self/cgroup")).Split('\n'))
        {
            // "4:memory:/": the controller is on a hierarchy of v1, whether or not it is mounted in sight.
            var fields = line.Split(':');
            if (fields.Length == 3 && fields[0] != "0" && fields[1].Split(',').Contains(controller is "io" ? "blkio" : controller))
            {
                return $"hierarchy {fields[0]} ({fields[1]})";
            }
        }

        return null;
    }

    private unsafe void SetFrozen(bool frozen)
    {
        const short POLLPRI = 2;
        FileSystem.WriteExisting(Directory, "cgroup.freeze", frozen ? "1" : "0");
        using var events = FileSystem.OpenAt(Directory, "cgroup.events", Libc.O_RDONLY);
        var deadline = Environment.TickCount64 + FreezeTimeoutMilliseconds;
        while (!ReadText(events).Contains(frozen ? "frozen 1" : "frozen 0", StringComparison.Ordinal))
        {
            var entry = new PollFd { Fd = events.Number, Events = POLLPRI };
            if (Libc.poll(&entry, 1, (int)Math.Max(0, deadline - Environment.TickCount64)) == 0)
            {
                FileSystem.WriteExisting(Directory, "cgroup.freeze", "0");
                throw new ContainerException($"the cgroup \"{Path}\" did not freeze within {FreezeTimeoutMilliseconds / 1000} seconds");
            }
        }
    }

    private static string ReadText(SafeFd file)
    {
        Libc.lseek(file.Number, 0, 0);
        return Encoding.ASCII.GetString(FileSystem.ReadAllBytes(file, "cgroup.events"));
    }

    private static bool TryRemove(string path)
    {
        if (Libc.unlinkat(Libc.AT_FDCWD, path, Libc.AT_REMOVEDIR) == 0)
        {
            return true;
        }

        var error = KernelException.Last("rmdir", path);
        if (error.Error == Errno.ENOENT)
        {
            return true;
        }

        if (error.Error is not (Errno.EBUSY or Errno.ENOTEMPTY))
        {
            throw error;
        }

        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (fd >= 0)
        {
            using var directory = new SafeFd(fd);
            CgroupTree.Walk(directory, static _ => { }, static (parent, name) => Libc.unlinkat(parent.Number, name, Libc.AT_REMOVEDIR));
        }

        return Libc.unlinkat(Libc.AT_FDCWD, path, Libc.AT_REMOVEDIR) == 0;
    }
}
