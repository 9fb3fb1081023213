using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Spawning;

/// <summary>
/// A filter that refuses what init has still to do when it is installed is held off from init itself: by tracing it with
/// PTRACE_O_SUSPEND_SECCOMP, as criu does. What init bears meanwhile is not traced, and under the filter from its first moment. ptrace(2).
/// </summary>
internal static class FilterHold
{
    private const nint PTRACE_DETACH = 17, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207;
    private const nint PTRACE_O_SUSPEND_SECCOMP = 1 << 21;

    /// <exception cref="ContainerException">Somebody traces init already, or this host or what the runtime runs in allows none of it.</exception>
    internal static void Begin(Spawner.Child child, string refused)
    {
        if (Libc.ptrace(PTRACE_SEIZE, child.Pid, 0, PTRACE_O_SUSPEND_SECCOMP) != 0)
        {
            var error = KernelException.Last("ptrace").Error;
            throw new ContainerException(
                $"config.json: linux.seccomp: the filter refuses {refused}, and cannot be held off while the process is made: ptrace: {KernelException.Describe(error)}\n"
                + "  the filter must allow it here, or the runtime be allowed to trace (PTRACE_O_SUSPEND_SECCOMP)");
        }
    }

    /// <summary>For a process that goes on: it waits for our leave just now, and is under its filter when this returns.</summary>
    internal static void End(Spawner.Child child)
    {
        Check(Libc.ptrace(PTRACE_INTERRUPT, child.Pid, 0, 0));
        child.Process.WaitForStop();
        Check(Libc.ptrace(PTRACE_DETACH, child.Pid, 0, 0));
    }

    private static void Check(nint result) => KernelException.Check(result, "ptrace", "peapod-init");
}
