using Peapod.Container.Plans;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Spawning;

/// <summary>Makes the child: one clone3(2) into its cgroup and namespaces, executing peapod-init from sealed memory.</summary>
internal static unsafe class Spawner
{
    /// <summary>The child, and our end of the socket to it. A sibling that it makes for the rest of the plan takes its place.</summary>
    internal sealed class Child(int pid, PidFd process, SafeFd socket, Interruption? interruption)
    {
        internal int Pid { get; private set; } = pid;

        internal PidFd Process { get; private set; } = process;

        internal SafeFd Socket { get; } = socket;

        internal Interruption? Interruption { get; } = interruption;

        internal void ReplaceBy(int sibling)
        {
            Interruption?.Watch(null);
            Process.Dispose();
            Pid = sibling;
            Process = PidFd.TryOpen(sibling) ?? throw new KernelException("pidfd_open", "peapod-init", Errno.ESRCH);
            Interruption?.Watch(Process);
        }
    }

    /// <param name="plan">What to do.</param>
    /// <param name="descriptors">The descriptor in each slot, or null where init is to ask for it.</param>
    /// <param name="cgroup">The cgroup's directory, or null to stay in the parent's.</param>
    /// <param name="stdio">What becomes 0, 1 and 2; null leaves the parent's.</param>
    /// <param name="interruption">Ends it from another thread; null for none.</param>
    /// <exception cref="KernelException">clone3, or the execution of init, was refused.</exception>
    internal static Child Spawn(Plan plan, ReadOnlySpan<SafeFd?> descriptors, SafeFd? cgroup, StandardStreams stdio, Interruption? interruption = null)
    {
        var (ours, theirs) = UnixSocket.Pair(Libc.SOCK_SEQPACKET);
        using var initSocket = theirs;
        try
        {
            var numbers = new int[descriptors.Length];
            for (var i = 0; i < numbers.Length; i++)
            {
                numbers[i] = descriptors[i]?.Number ?? -1;
            }

            using var memory = FileSystem.SealedMemory("peapod-plan", PlanEncoder.Encode(plan, numbers, theirs.Number).Span, executable: false);
            using var init = OpenInit();
            int[] inherited = [.. Array.FindAll(numbers, static number => number >= 0), theirs.Number, memory.Number];

            // Until it has become init, the child is this process's memory under another number: nobody may look into it.
            Libc.prctl(Libc.PR_SET_DUMPABLE, 0, 0, 0, 0);
            var (pid, pidfd) = Clone(plan, inherited, memory.Number, init, cgroup, stdio, interruption);
            return new Child(pid, new PidFd(pidfd), ours, interruption);
        }
        catch
        {
            ours.Dispose();
            throw;
        }
    }

    private static (int Pid, int PidFd) Clone(
        Plan plan, int[] inherited, int planFd, SafeFd init, SafeFd? cgroup, StandardStreams stdio, Interruption? interruption)
    {
        Span<byte> planNumber = stackalloc byte[12];
        planNumber.Clear();
        System.Buffers.Text.Utf8Formatter.TryFormat(planFd, planNumber, out _);
        fixed (byte* name = "peapod-init\0"u8, number = planNumber, empty = "\0"u8)
        fixed (int* fds = inherited)
        {
            var argv = stackalloc byte*[] { name, number, null };
            var envp = stackalloc byte*[] { null };
            var request = new NativeSpawn.Request
            {
                Flags = plan.CloneFlags | Libc.CLONE_PIDFD | Libc.CLONE_VM | Libc.CLONE_VFORK | Libc.CLONE_CLEAR_SIGHAND
                    | (cgroup is null ? 0 : Libc.CLONE_INTO_CGROUP),
                CgroupFd = cgroup?.Number ?? -1,
                ExecutableFd = init.Number,
                Inherited = fds,
                InheritedCount = (uint)inherited.Length,
                Kept = plan.PassedDescriptors,
                Argv = argv,
                Envp = envp,
                Path = empty,
                Cwd = -1,
            };
            request.Stdio[0] = stdio.Input?.Number ?? -1;
            request.Stdio[1] = stdio.Output?.Number ?? -1;
            request.Stdio[2] = stdio.Error?.Number ?? -1;
            interruption?.Begin(&request);
            var pid = NativeSpawn.peapod_spawn(&request);
            interruption?.End();
            if (pid < 0)
            {
                throw new KernelException("clone3", null, (Errno)(-pid));
            }

            if (request.Error != 0)
            {
                using var failed = new PidFd(request.PidFd);
                failed.Wait();
                throw new KernelException("execveat", "peapod-init", (Errno)request.Error);
            }

            return (pid, request.PidFd);
        }
    }

    private static SafeFd OpenInit()
    {
        nuint size;
        var image = NativeSpawn.peapod_init_image(&size);
        return FileSystem.SealedMemory("peapod-init", new ReadOnlySpan<byte>(image, (int)size), executable: true);
    }
}

/// <summary>The standard streams of a new process; null leaves the parent's.</summary>
public readonly record struct StandardStreams(SafeFd? Input, SafeFd? Output, SafeFd? Error);
