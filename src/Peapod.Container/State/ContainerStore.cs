using System.Globalization;
using Peapod.Container.Configuration;
using Peapod.Container.Seccomp;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.State;

/// <summary>The folder of all containers' states (<c>--root</c>): one folder for each, mode 0700, on a file system that a reboot empties.</summary>
public sealed class ContainerStore
{
    private const uint FolderMode = 0x1c0; // 0700
    private const uint FileMode = 0x180; // 0600
    private const string RecordName = "state.json";
    private const string LockName = "lock";

    /// <summary>Milliseconds that a command waits for another one with the same container: a hook may hang, a checkpoint wait for its reader.</summary>
    private const int Patience = 10_000;

    /// <summary>Number and start time, apart from the record: a second version of that would be a rename over a file, which ext4 flushes to disk.</summary>
    private const string ProcessName = "process";
    private const string ConfigName = "config.json";

    /// <summary>No container's id.</summary>
    private const string FiltersName = "@seccomp";

    /// <param name="root">Its folder.</param>
    /// <param name="filters">The folder of compiled system call filters, for stores that share one; null for one of its own.</param>
    public ContainerStore(string root, string? filters = null)
    {
        Root = Path.GetFullPath(root);
        Filters = new SeccompCache(filters ?? $"{Root}/{FiltersName}", SeccompCompiler.Compile);
    }

    public string Root { get; }

    /// <summary>Takes the sentence of what failed and keeps nothing from going on.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>The system call filters of its containers.</summary>
    internal SeccompCache Filters { get; }

    /// <summary>Takes a sentence about what is done; null when nobody wants to know.</summary>
    public Action<string>? Debug { get; init; }

    public string FolderOf(string id) => $"{Root}/{id}";

    /// <summary>Refuses an id that could name anything but a folder below the store.</summary>
    public static void CheckId(string id)
    {
        if (id.Length == 0)
        {
            throw new ContainerException("container id: must not be empty");
        }

        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '+' or '-' or '.'))
            {
                throw new ContainerException($"container id \"{id}\": may hold only letters, digits, and the characters _ + - .");
            }
        }

        if (id is "." or ".." || id.Length > 1024)
        {
            throw new ContainerException($"container id \"{id}\": {(id.Length > 1024 ? "is longer than 1024 characters" : "is no name")}");
        }
    }

    /// <summary>Makes the container's folder. That it can be made only once is what keeps ids unique.</summary>
    /// <returns>The container's lock: nobody sees the folder without its creator holding it.</returns>
    internal FileLock Add(string id)
    {
        FileSystem.MakeDirectories(Root, FolderMode);
        using var all = FileLock.AcquireDirectory(Root);
        if (!FileSystem.MakeDirectory(FolderOf(id), FolderMode))
        {
            throw new ContainerException($"container id \"{id}\": is already in use");
        }

        // Whoever had this lock first and then waited for the store's would keep both of us waiting.
        return FileLock.Create(LockOf(id));
    }

    /// <summary>The record first: what a kill leaves of the folder then is the beginning of a container, not half of one.</summary>
    internal void Remove(string id)
    {
        // Seen by gc whole or not at all.
        using var all = FileLock.AcquireDirectory(Root);
        FileTree.Remove($"{FolderOf(id)}/{RecordName}");
        FileTree.Remove(FolderOf(id));
    }

    /// <summary>Says that the creator did all of its work: from here on a caller knows of the container, and it stays until it is deleted.</summary>
    /// <param name="held">The container's lock.</param>
    internal static void Complete(FileLock held) => held.Write("created");

    /// <summary>Whether its creator came to the end. What took the place of the file that says so does not speak against it.</summary>
    internal bool IsComplete(string id) => SaysComplete(FileSystem.TryStat(LockOf(id), followSymlinks: false));

    private static bool IsComplete(SafeFd folder) => SaysComplete(FileSystem.TryStat(folder, LockName));

    private static bool SaysComplete(Statx? file) => file is { } found && (found.Size > 0 || found.Type != Libc.S_IFREG);

    private static bool HasRecord(SafeFd folder) => FileSystem.TryStat(folder, RecordName) is not null;

    /// <summary>For the command that has promised to delete the container: held as long as that command is there to do it.</summary>
    internal FileLock HoldAsRunner(string id) => FileLock.Acquire(RunnerOf(id));

    /// <summary>There was such a command, and it has ended without deleting the container.</summary>
    internal bool IsAbandoned(string id) =>
        FileSystem.TryStat(RunnerOf(id), followSymlinks: false) is { } runner && runner.Type == Libc.S_IFREG && !FileLock.IsHeld(RunnerOf(id));

    /// <summary>Whether a command is at work on the container now.</summary>
    internal bool IsLocked(string id) => IsRegularOrMissing(LockOf(id)) && FileLock.IsHeld(LockOf(id));

    /// <summary>Names the container on its cgroup: the file system of this store, which tells it from another's of that path, and the folder.</summary>
    internal string OwnerOf(string id) => $"{OwnerPrefix()}{id}";

    /// <summary>What all of this store's containers' marks begin with.</summary>
    internal string OwnerPrefix()
    {
        var root = FileSystem.TryStat(Root) ?? default;
        return string.Create(CultureInfo.InvariantCulture, $"{root.DevMajor}:{root.DevMinor} {Root}/");
    }

    /// <summary>The ids of folders without a record, which nobody is at work on.</summary>
    internal IReadOnlyList<string> Beginnings()
    {
        if (FileSystem.TryStat(Root) is null)
        {
            return [];
        }

        // In this lock nobody's folder is without that one's lock.
        using var all = FileLock.AcquireDirectory(Root);
        var ids = FileSystem.List(Root);
        ids.RemoveAll(id => id == FiltersName || IsContainer(id) || FileSystem.TryStat(FolderOf(id), followSymlinks: false) is not { IsDirectory: true } || IsLocked(id));
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    /// <summary>Removes a folder in which nothing was recorded: its creator ended before it made anything else.</summary>
    /// <returns>False when there is a container of that id after all.</returns>
    public bool RemoveBeginnings(string id)
    {
        while (FileSystem.TryStat(FolderOf(id), followSymlinks: false) is { } folder)
        {
            if (!folder.IsDirectory)
            {
                // Nothing of ours can be in it, nor behind it.
                FileTree.Remove(FolderOf(id));
                return true;
            }

            if (IsContainer(id))
            {
                return false;
            }

            using (FileLock.AcquireDirectory(Root))
            {
                using var held = FileSystem.TryStat(FolderOf(id)) is null ? null : FileLock.TryAcquire(MendedLockOf(id));
                if (held is not null && !IsContainer(id))
                {
                    FileTree.Remove(FolderOf(id));
                    return true;
                }
            }

            // Its creator, or who removes it, is still at work.
            TryLock(id)?.Dispose();
        }

        return true;
    }

    /// <summary>Waits for the container's lock. What was read of it before may be old: another may have had the lock.</summary>
    /// <exception cref="ContainerException">There is no such container any more, or another command does not come to an end with it.</exception>
    internal FileLock Lock(string id)
    {
        while (TryLock(id) is { } held)
        {
            if (FileSystem.Stat(held.File).LinkCount > 0)
            {
                return held;
            }

            held.Dispose();
        }

        throw NotThere(id);
    }

    /// <summary>The container's lock, or null when somebody has it or the container is gone. One of a folder whose lock was removed is made anew.</summary>
    internal FileLock? TryLockNow(string id)
    {
        using var all = FileLock.AcquireDirectory(Root);
        return FileSystem.TryStat(FolderOf(id)) is null ? null : FileLock.TryAcquire(MendedLockOf(id));
    }

    /// <summary>The lock's file, having removed what nobody can hold in its place. With all of the store locked.</summary>
    private string MendedLockOf(string id)
    {
        var file = LockOf(id);
        if (!IsRegularOrMissing(file))
        {
            FileTree.Remove(file);
        }

        return file;
    }

    private static bool IsRegularOrMissing(string file) => FileSystem.TryStat(file, followSymlinks: false) is not { } found || found.Type == Libc.S_IFREG;

    private string LockOf(string id) => $"{FolderOf(id)}/{LockName}";

    private string RunnerOf(string id) => $"{FolderOf(id)}/runner";

    private FileLock? TryLock(string id)
    {
        try
        {
            return FileLock.AcquireExisting(LockOf(id), Patience);
        }
        catch (LockHeldException e)
        {
            throw new ContainerException($"container \"{id}\": {e.Holder} is at work on it, and has not come to an end in {Patience / 1000} seconds", 1, e);
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR || e.IsDamage)
        {
            return TryMendLock(id);
        }
    }

    /// <summary>The lock of a folder in which anything may be, waited for; null when there is no folder. What is no folder at all is removed.</summary>
    internal FileLock? TryLockDamaged(string id)
    {
        while (FileSystem.TryStat(FolderOf(id), followSymlinks: false) is { } folder)
        {
            if (!folder.IsDirectory)
            {
                FileTree.Remove(FolderOf(id));
                return null;
            }

            using (FileLock.AcquireDirectory(Root))
            {
                if (FileSystem.TryStat(FolderOf(id)) is not null && FileLock.TryAcquire(MendedLockOf(id)) is { } free)
                {
                    return free;
                }
            }

            if (TryLock(id) is { } held && FileSystem.Stat(held.File).LinkCount > 0)
            {
                return held;
            }
        }

        return null;
    }

    /// <summary>A new lock for a container whose lock is gone, or is no file any more; null when the container is gone too.</summary>
    private FileLock? TryMendLock(string id)
    {
        if (FileSystem.TryStat(Root) is null)
        {
            return null;
        }

        using (FileLock.AcquireDirectory(Root))
        {
            if (!IsContainer(id))
            {
                return null;
            }

            if (FileLock.TryAcquire(MendedLockOf(id)) is { } held)
            {
                if (TryReadProcess(id) is not null)
                {
                    Complete(held);
                }

                return held;
            }
        }

        // Another command has mended it, and waits for nobody.
        return FileLock.AcquireExisting(LockOf(id));
    }

    internal void Write(ContainerRecord record)
    {
        using var folder = FileSystem.OpenDirectory(FolderOf(record.Id));
        FileSystem.Replace(folder, RecordName, record.ToJson(), FileMode);
    }

    /// <summary>Adds the first process to the record of a container.</summary>
    internal void WriteProcess(ContainerRecord record)
    {
        using var folder = FileSystem.OpenDirectory(FolderOf(record.Id));
        FileSystem.Replace(folder, ProcessName, record.FormatProcess(), FileMode);
    }

    internal void WriteConfig(string id, ReadOnlySpan<byte> json)
    {
        using var folder = FileSystem.OpenDirectory(FolderOf(id));
        FileSystem.Replace(folder, ConfigName, json, FileMode);
    }

    /// <summary>The configuration that the container was made from, whatever the bundle holds by now.</summary>
    /// <exception cref="DamagedContainerException">It cannot be read any more.</exception>
    internal Spec ReadConfig(string id)
    {
        try
        {
            using var folder = FileSystem.OpenDirectory(FolderOf(id));
            return FileSystem.TryReadBytes(folder, ConfigName) is { } json ? SpecCompletion.Complete(Spec.Parse(json))
                : throw (HasRecord(folder) ? new DamagedContainerException(id, $"{FolderOf(id)}/{ConfigName}", "it is missing", null) : NotThere(id));
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw NotThere(id);
        }
        catch (Exception e) when (e is SpecException or KernelException { IsDamage: true })
        {
            throw new DamagedContainerException(id, $"{FolderOf(id)}/{ConfigName}", Reason(e), null, e);
        }
    }

    /// <exception cref="ContainerException">There is no such container.</exception>
    public ContainerRecord Read(string id)
    {
        CheckId(id);
        return TryRead(id) ?? throw NotThere(id);
    }

    /// <summary>
    /// The record, or null when there is no such container, or only the beginnings of one. All of it comes from one folder: another container of
    /// that id may be made while this one is being removed.
    /// </summary>
    /// <exception cref="DamagedContainerException">There is one, but it cannot be read.</exception>
    public ContainerRecord? TryRead(string id)
    {
        var name = RecordName;
        ContainerRecord? record = null;
        try
        {
            using var folder = FileSystem.OpenDirectory(FolderOf(id));
            var json = FileSystem.TryReadBytes(folder, RecordName);
            if (json is null && IsAlive(TryReadProcess(folder, ProcessName)))
            {
                // Written before the process, so it may have come since the first look.
                json = FileSystem.TryReadBytes(folder, RecordName) ?? throw Damaged("it is missing, and the container's process runs");
            }

            if (json is null)
            {
                return null;
            }

            record = ContainerRecord.Parse(json, id);
            name = ProcessName;

            var process = FileSystem.TryReadBytes(folder, ProcessName);
            if (process is null)
            {
                if (!IsComplete(folder))
                {
                    return record;
                }

                // Its creator may have written it, and come to its end, since the first look; and whoever removes it takes the record first.
                process = FileSystem.TryReadBytes(folder, ProcessName);
                if (process is null)
                {
                    return HasRecord(folder) ? throw Damaged("it is missing") : null;
                }
            }

            var identity = ContainerRecord.ParseProcess(process);
            return record with { Pid = identity.Pid, StartTime = identity.StartTime };
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        catch (Exception e) when (e is FormatException or KernelException { IsDamage: true })
        {
            throw Damaged(Reason(e), e);
        }

        DamagedContainerException Damaged(string reason, Exception? cause = null) => new(id, $"{FolderOf(id)}/{name}", reason, record, cause);
    }

    /// <summary>The first process as it was written down; null when that cannot be read.</summary>
    internal ProcessIdentity? TryReadProcess(string id) => TryReadProcess(FileSystem.WorkingDirectory, $"{FolderOf(id)}/{ProcessName}");

    private static ProcessIdentity? TryReadProcess(SafeFd folder, string path)
    {
        try
        {
            return FileSystem.TryReadBytes(folder, path) is { } process ? ContainerRecord.ParseProcess(process) : null;
        }
        catch (Exception e) when (e is FormatException or KernelException { IsDamage: true })
        {
            return null;
        }
    }

    private static bool IsAlive(ProcessIdentity? identity)
    {
        using var process = identity?.TryOpen();
        return process is not null;
    }

    /// <summary>Whether more than the beginnings of one is there: a record, in whatever state, or a process.</summary>
    private bool IsContainer(string id)
    {
        try
        {
            return FileSystem.TryStat($"{FolderOf(id)}/{RecordName}", followSymlinks: false) is not null || IsAlive(TryReadProcess(id));
        }
        catch (KernelException e) when (e.IsDamage)
        {
            return false;
        }
    }

    private static string Reason(Exception e) => e is KernelException kernel ? kernel.Reason : e.Message;

    /// <summary>The ids of all containers, sorted.</summary>
    public IReadOnlyList<string> Ids()
    {
        if (FileSystem.TryStat(Root) is null)
        {
            return [];
        }

        var ids = FileSystem.List(Root);
        ids.RemoveAll(id => id == FiltersName || !IsContainer(id));
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    internal static ContainerException NotThere(string id) => new($"container \"{id}\" does not exist");
}
