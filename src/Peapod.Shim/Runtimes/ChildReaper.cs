using Peapod.Kernel.Interop;

namespace Peapod.Shim.Runtimes;

/// <summary>A subreaper's children: those that somebody waits for, and all others, which are reaped here.</summary>
internal sealed unsafe class ChildReaper
{
    private readonly HashSet<int> awaited = [];
    private int making;

    /// <summary>How many have not been reaped yet by who waits for them.</summary>
    internal int Awaited => awaited.Count;

    /// <summary>While another thread makes children, nobody can tell yet which of them are awaited: none is reaped here until it is disposed.</summary>
    internal Making Make()
    {
        lock (awaited)
        {
            making++;
        }

        return new Making(this);
    }

    /// <summary>Leaves a child to its owner, which reaps it. A number that an earlier child had is free again when that one is reaped.</summary>
    internal void Leave(int pid)
    {
        lock (awaited)
        {
            awaited.RemoveWhere(static known => !IsChild(known));
            awaited.Add(pid);
        }
    }

    internal void ReapOthers()
    {
        lock (awaited)
        {
            if (making == 0)
            {
                ReapThem();
            }
        }
    }

    private void ReapThem()
    {
        SigInfo info = default;
        while (Libc.waitid(Libc.P_ALL, 0, &info, Libc.WEXITED | Libc.WNOHANG | Libc.WNOWAIT | Libc.__WALL) == 0 && info.Pid != 0 && !awaited.Contains(info.Pid))
        {
            if (Libc.waitid(Libc.P_PID, info.Pid, &info, Libc.WEXITED | Libc.WNOHANG | Libc.__WALL) != 0)
            {
                return;
            }

            info = default;
        }
    }

    private static bool IsChild(int pid)
    {
        SigInfo info = default;
        return Libc.waitid(Libc.P_PID, pid, &info, Libc.WEXITED | Libc.WNOHANG | Libc.WNOWAIT | Libc.__WALL) == 0;
    }

    internal readonly struct Making(ChildReaper reaper) : IDisposable
    {
        public void Dispose()
        {
            lock (reaper.awaited)
            {
                reaper.making--;
            }
        }
    }
}
