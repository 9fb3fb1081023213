using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;

namespace Peapod.Container.Spawning;

/// <summary>An ordinary child process, made by the same trampoline as a container's, without namespaces.</summary>
public static unsafe class ChildProcess
{
    /// <param name="executable">What it executes, by descriptor.</param>
    /// <param name="args">Its arguments, the name first. Its environment is empty but for PATH.</param>
    /// <param name="streams">Its standard streams.</param>
    public static PidFd Start(SafeFd executable, IReadOnlyList<string> args, StandardStreams streams)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Join('\0', args) + "\0PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\0");
        fixed (byte* text = bytes)
        {
            var argv = stackalloc byte*[args.Count + 1];
            var at = text;
            for (var i = 0; i < args.Count; i++)
            {
                argv[i] = at;
                at += Encoding.UTF8.GetByteCount(args[i]) + 1;
            }

            argv[args.Count] = null;
            var envp = stackalloc byte*[] { at, null };
            var request = new NativeSpawn.Request
            {
                Flags = Libc.CLONE_PIDFD | Libc.CLONE_VM | Libc.CLONE_VFORK | Libc.CLONE_CLEAR_SIGHAND,
                CgroupFd = -1,
                ExecutableFd = executable.Number,
                Argv = argv,
                Envp = envp,
            };
            request.Stdio[0] = streams.Input?.Number ?? -1;
            request.Stdio[1] = streams.Output?.Number ?? -1;
            request.Stdio[2] = streams.Error?.Number ?? -1;
            var pid = NativeSpawn.peapod_spawn(&request);
            if (pid < 0 || request.Error != 0)
            {
                throw new KernelException(pid < 0 ? "clone3" : "execveat", args[0], (Errno)(pid < 0 ? -pid : request.Error));
            }

            return new PidFd(request.PidFd);
        }
    }
}
