using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;

namespace Peapod.Container.Cgroups;

/// <content>The processes in a cgroup and below it: who they are, and their end.</content>
public sealed partial class Cgroup
{
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

    /// <summary>The processes in the cgroup and in those below it.</summary>
    public IReadOnlyList<int> Processes()
    {
        // A process whose threads are in several cgroups is in each of them.
        var pids = new SortedSet<int>();
        CgroupTree.Walk(Directory, cgroup => pids.UnionWith(ProcessesOf(cgroup)));
        return [.. pids];
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
}
