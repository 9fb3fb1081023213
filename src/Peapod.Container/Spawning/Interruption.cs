using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;

namespace Peapod.Container.Spawning;

/// <summary>
/// Lets another thread end a creation or an exec that hangs, by killing the process that is being made: it may be frozen or stopped, or have no
/// processor time, before it has executed anything. clone3(2) writes the pidfd before the child runs, so even a caller that is suspended by
/// CLONE_VFORK can be freed.
/// </summary>
public sealed unsafe class Interruption
{
    private readonly object sync = new();
    private NativeSpawn.Request* request;
    private PidFd? process;
    private bool interrupted;

    /// <summary>Kills what is being made, now or as soon as it is there. May be called again.</summary>
    public void Interrupt()
    {
        lock (sync)
        {
            interrupted = true;
            process?.Signal(Signals.SIGKILL);
            if (request is not null && request->PidFd >= 0)
            {
                _ = Libc.pidfd_send_signal(request->PidFd, Signals.SIGKILL, null, 0);
            }
        }
    }

    /// <summary>This process is what is waited for now; null when there is none any more. To be called before it is disposed of.</summary>
    public void Watch(PidFd? next)
    {
        lock (sync)
        {
            process = next;
            if (interrupted)
            {
                next?.Signal(Signals.SIGKILL);
            }
        }
    }

    /// <summary>A child is about to be made; its pidfd will stand there.</summary>
    internal void Begin(NativeSpawn.Request* next)
    {
        next->PidFd = -1;
        lock (sync)
        {
            request = next;
        }
    }

    /// <summary>The child has executed, or failed.</summary>
    internal void End()
    {
        lock (sync)
        {
            request = null;
        }
    }
}
