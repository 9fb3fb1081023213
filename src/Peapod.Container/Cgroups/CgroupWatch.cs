using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Cgroups;

/// <summary>Waits for what the kernel tells of a cgroup: processes that it killed for want of memory, and the last process's end.</summary>
public sealed class CgroupWatch : IDisposable
{
    private readonly SafeFd populated;
    private readonly SafeFd? memory;
    private long killed;

    /// <exception cref="KernelException">There is no such cgroup.</exception>
    public CgroupWatch(string path)
    {
        populated = FileSystem.Open($"{path}/cgroup.events", Libc.O_RDONLY);
        var fd = Libc.open($"{path}/memory.events", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        memory = fd < 0 ? null : new SafeFd(fd);
        killed = Killed();
    }

    /// <summary>Waits at most that long for something to happen.</summary>
    /// <returns>Whether processes were killed for want of memory since the last call, and whether none is left.</returns>
    public unsafe (bool Oom, bool Ended) Wait(int timeoutMilliseconds)
    {
        const short POLLPRI = 2;
        if (IsEmpty())
        {
            return (false, true);
        }

        var entries = stackalloc PollFd[2];
        entries[0] = new PollFd { Fd = populated.Number, Events = POLLPRI };
        entries[1] = new PollFd { Fd = memory?.Number ?? -1, Events = POLLPRI };
        if (Libc.poll(entries, 2, timeoutMilliseconds) < 0 && KernelException.Last("poll", "cgroup.events") is { Error: not Errno.EINTR } error)
        {
            throw error;
        }

        var before = killed;
        killed = Killed();
        return (killed > before, IsEmpty());
    }

    public void Dispose()
    {
        populated.Dispose();
        memory?.Dispose();
    }

    private bool IsEmpty() => !Read(populated).Contains("populated 1", StringComparison.Ordinal);

    private long Killed()
    {
        foreach (var line in memory is null ? [] : Read(memory).Split('\n'))
        {
            if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan("oom_kill ".Length), System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return killed;
    }

    /// <summary>The file's content; nothing when the cgroup was removed.</summary>
    private static string Read(SafeFd file)
    {
        Libc.lseek(file.Number, 0, 0);
        try
        {
            return Encoding.ASCII.GetString(FileSystem.ReadAllBytes(file, "cgroup.events"));
        }
        catch (KernelException e) when (e.Error == Errno.ENODEV)
        {
            return "";
        }
    }
}
