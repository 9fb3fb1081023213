using System.Globalization;
using System.Text;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Cgroups;

/// <summary>One cgroup of the v2 hierarchy, held by its directory; cgroups(7).</summary>
public sealed class Cgroup : IDisposable
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

    /// <summary>Makes the cgroup and what is missing above it, with all controllers that the host gives.</summary>
    /// <param name="hierarchy">Where it is made.</param>
    /// <param name="path">Its directory.</param>
    /// <param name="owner">Written on it when it is new: whose it is (<see cref="ContainerStore.OwnerOf"/>).</param>
    /// <exception cref="ContainerException">It exists and is in use, or is frozen.</exception>
    public static Cgroup Create(CgroupHierarchy hierarchy, string path, string owner)
    {
        try
        {
            var isNew = Make(hierarchy.MountPoint.Length, path);
            var cgroup = new Cgroup(path, FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY));
            if (!isNew)
            {
                cgroup.RefuseInUse();
            }
            else
            {
                cgroup.MarkOwner(owner);
            }

            cgroup.JoinThreaded();
            return cgroup;
        }
        catch (KernelException e)
        {
            RemoveMade(path);
            throw new ContainerException($"config.json: linux.cgroupsPath: cannot make the cgroup \"{path}\": {e.Message}", 1, e);
        }
    }

    /// <summary>Makes a cgroup that only keeps processes together, or opens the one that is there: the cgroup above it hands no controllers on.</summary>
    /// <param name="hierarchy">Where it is made.</param>
    /// <param name="path">Its directory.</param>
    /// <exception cref="ContainerException">It cannot be made.</exception>
    public static Cgroup CreateWithoutControllers(CgroupHierarchy hierarchy, string path)
    {
        try
        {
            Make(hierarchy.MountPoint.Length, path, controllers: false);
            return Open(path);
        }
        catch (KernelException e)
        {
            RemoveMade(System.IO.Path.GetDirectoryName(path)!);
            throw new ContainerException($"cannot make the cgroup \"{path}\": {e.Message}", 1, e);
        }
    }

    /// <summary>Makes a cgroup below this one, where it is not there yet, with the controllers that this one has.</summary>
    /// <param name="path">Names with slashes between them, none of them "..".</param>
    /// <param name="annotation">Who asks for it.</param>
    internal Cgroup MakeBelow(string path, string annotation)
    {
        try
        {
            var full = Path;
            foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                full = $"{full}/{name}";
                if (Libc.mkdirat(Libc.AT_FDCWD, full, 0x1ed) != 0 && KernelException.Last("mkdir", full) is { Error: not Errno.EEXIST } error)
                {
                    throw error;
                }
            }

            return new Cgroup(full, FileSystem.Open(full, Libc.O_RDONLY | Libc.O_DIRECTORY));
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: {CrunAnnotations.FieldOf(annotation)}: cannot make the cgroup \"{path}\" below the container's: {e.Message}", 1, e);
        }
    }

    /// <summary>Moves a process in.</summary>
    internal void Take(int pid) => FileSystem.WriteExisting(Directory, "cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    /// <exception cref="ContainerException">There is no such cgroup.</exception>
    public static Cgroup Open(string path) => TryOpen(path) ?? throw new ContainerException($"the cgroup \"{path}\" is gone");

    public static Cgroup? TryOpen(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        return fd < 0 ? null : new Cgroup(path, new SafeFd(fd));
    }

    /// <summary>The highest of the directories above a path that <see cref="Create"/> has to make; null when all are there.</summary>
    internal static string? MissingAbove(string path)
    {
        string? missing = null;
        for (var above = System.IO.Path.GetDirectoryName(path)!; Libc.access(above, Libc.F_OK) != 0; above = System.IO.Path.GetDirectoryName(above)!)
        {
            missing = above;
        }

        return missing;
    }

    /// <summary>Removes those above a path that <see cref="Create"/> made and that nobody uses, when it ended before it made the cgroup itself.</summary>
    /// <param name="path">The cgroup.</param>
    /// <param name="missing">What <see cref="MissingAbove"/> told before: a directory that was just made may not have its mark yet.</param>
    internal static unsafe void RemoveMadeAbove(string path, string? missing)
    {
        var above = System.IO.Path.GetDirectoryName(path)!;
        for (var made = above; made.Length >= (missing?.Length ?? int.MaxValue); made = System.IO.Path.GetDirectoryName(made)!)
        {
            Libc.lsetxattr(made, MadeMark, null, 0, 0);
        }

        RemoveMade(above);
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

    /// <summary>Kills every process in the cgroup and below, at once. cgroup.kill is there since Linux 5.14, and not for threaded cgroups.</summary>
    public void Kill()
    {
        try
        {
            FileSystem.WriteExisting(Directory, "cgroup.kill", "1");
        }
        catch (KernelException e) when (e.Error is Errno.EOPNOTSUPP or Errno.ENOENT)
        {
            KillEach();
        }
        catch (KernelException e) when (e.Error == Errno.ENODEV)
        {
            // It was removed meanwhile: nothing lives in it.
        }
    }

    public void Freeze() => SetFrozen(frozen: true);

    public void Thaw() => SetFrozen(frozen: false);

    /// <summary>The processes in the cgroup and in those below it.</summary>
    public IReadOnlyList<int> Processes()
    {
        // A process whose threads are in several cgroups is in each of them.
        var pids = new SortedSet<int>();
        CgroupTree.Walk(Directory, cgroup => pids.UnionWith(ProcessesOf(cgroup)));
        return [.. pids];
    }

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

    /// <summary>Waits until no process lives in the cgroup or below it, at most that long.</summary>
    public unsafe bool WaitUntilEmpty(int timeoutMilliseconds)
    {
        const short POLLPRI = 2;
        var fd = Libc.open($"{Path}/cgroup.events", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return true;
        }

        using var events = new SafeFd(fd);
        if (!ReadText(events).Contains("populated 1", StringComparison.Ordinal))
        {
            // Nothing lives there, yet it could not be removed: a moment, not a spin.
            Thread.Sleep(1);
            return true;
        }

        var entry = new PollFd { Fd = fd, Events = POLLPRI };
        return Libc.poll(&entry, 1, timeoutMilliseconds) > 0;
    }

    public void Dispose() => Directory.Dispose();

    /// <summary>Makes the levels of the path below its first <paramref name="root"/> characters; whether the last one is new.</summary>
    private static unsafe bool Make(int root, string path, bool controllers = true)
    {
        var isNew = false;
        var end = root;
        var tries = 0;
        while (end < path.Length)
        {
            if (controllers)
            {
                EnableControllers(path[..end]);
            }

            var next = path.IndexOf('/', end + 1);
            next = next < 0 ? path.Length : next;
            try
            {
                isNew = FileSystem.MakeDirectory(path[..next], 0x1ed);
            }
            catch (KernelException e) when (e.Error == Errno.ENOENT && ++tries < 10)
            {
                // Somebody's last container went away meanwhile, and took with it what had been made above it.
                end = root;
                continue;
            }

            if (isNew && next < path.Length)
            {
                Libc.lsetxattr(path[..next], MadeMark, null, 0, 0);
            }

            end = next;
        }

        return isNew;
    }

    private static void EnableControllers(string path)
    {
        var available = FileSystem.TryReadText($"{path}/cgroup.controllers");
        var enabled = FileSystem.TryReadText($"{path}/cgroup.subtree_control");
        if (available is null || enabled is null || available == enabled)
        {
            return;
        }

        // One by one: a controller that cannot be had here (realtime processes, domain threads) does not keep the others away.
        foreach (var controller in available.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!enabled.Split(' ').Contains(controller))
            {
                try
                {
                    FileSystem.WriteExisting($"{path}/cgroup.subtree_control", $"+{controller}");
                }
                catch (KernelException e) when (e.Error is Errno.EBUSY or Errno.EOPNOTSUPP or Errno.EINVAL or Errno.EPERM or Errno.ENOENT)
                {
                    // A limit that needs it will be refused by name.
                }
            }
        }
    }

    /// <summary>Below a threaded cgroup only a threaded one can hold processes; cgroups(7), "Thread mode".</summary>
    private void JoinThreaded()
    {
        if (FileSystem.TryReadText($"{Path}/cgroup.type") == "domain invalid")
        {
            FileSystem.WriteExisting(Directory, "cgroup.type", "threaded");
        }
    }

    /// <summary>Without the mark (a kernel before 3.7, or no CAP_SYS_ADMIN) all works as well; only gc will not know the cgroup again, nor who removes a damaged container.</summary>
    internal unsafe void MarkOwner(string owner)
    {
        var bytes = Encoding.UTF8.GetBytes(owner);
        fixed (byte* value = bytes)
        {
            Libc.fsetxattr(Directory.Number, OwnerMark, value, (nuint)bytes.Length, 0);
        }
    }

    private void RefuseInUse()
    {
        var frozen = IsFrozenAt(Path);
        var populated = FileSystem.ReadText($"{Path}/cgroup.events").Contains("populated 1", StringComparison.Ordinal);
        if (frozen || populated)
        {
            Dispose();
            throw new ContainerException($"config.json: linux.cgroupsPath: container's cgroup {(frozen ? "unexpectedly frozen" : "is not empty")}: \"{Path}\"");
        }
    }

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

    /// <summary>A threaded cgroup tells its threads only, not their processes.</summary>
    private static List<int> ProcessesOf(SafeFd cgroup)
    {
        try
        {
            return Numbers(cgroup, "cgroup.procs");
        }
        catch (KernelException e) when (e.Error == Errno.EOPNOTSUPP)
        {
            var processes = new List<int>();
            foreach (var thread in Numbers(cgroup, "cgroup.threads"))
            {
                if (ProcessOf(thread) is { } process)
                {
                    processes.Add(process);
                }
            }

            return processes;
        }
    }

    private static List<int> Numbers(SafeFd cgroup, string file)
    {
        var numbers = new List<int>();
        using var fd = FileSystem.OpenAt(cgroup, file, Libc.O_RDONLY);
        foreach (var line in Encoding.ASCII.GetString(FileSystem.ReadAllBytes(fd, file)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            numbers.Add(int.Parse(line, CultureInfo.InvariantCulture));
        }

        return numbers;
    }

    private static int? ProcessOf(int thread)
    {
        const string field = "Tgid:\t";
        foreach (var line in (FileSystem.TryReadText($"/proc/{thread}/status") ?? "").Split('\n'))
        {
            if (line.StartsWith(field, StringComparison.Ordinal))
            {
                return int.Parse(line.AsSpan(field.Length), CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    /// <summary>One by one, and frozen meanwhile, so that none makes another. A frozen process can be killed.</summary>
    private void KillEach()
    {
        if (FileSystem.TryStat($"{Path}/cgroup.freeze") is null)
        {
            return;
        }

        FileSystem.WriteExisting(Directory, "cgroup.freeze", "1");
        var deadline = Environment.TickCount64 + RemovalTimeoutMilliseconds;
        for (var left = Processes(); left.Count > 0 && Environment.TickCount64 < deadline; left = Processes())
        {
            foreach (var pid in left)
            {
                using var process = PidFd.TryOpen(pid);
                process?.Signal(Signals.SIGKILL);
            }

            WaitUntilEmpty(20);
        }

        if (FileSystem.TryStat($"{Path}/cgroup.freeze") is not null)
        {
            FileSystem.WriteExisting(Directory, "cgroup.freeze", "0");
        }
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

    /// <summary>Removes the levels of the path that carry our mark, from the last one up, as long as nobody else uses them.</summary>
    private static unsafe void RemoveMade(string path)
    {
        while (Libc.lgetxattr(path, MadeMark, null, 0) >= 0 ? Libc.unlinkat(Libc.AT_FDCWD, path, Libc.AT_REMOVEDIR) == 0 : KernelException.Last("getxattr", path).Error == Errno.ENOENT)
        {
            path = System.IO.Path.GetDirectoryName(path)!;
        }
    }
}
