using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;

namespace Peapod.Container.Spawning;

/// <summary>An ordinary child process, made by the same trampoline as a container's, without namespaces.</summary>
public static unsafe class ChildProcess
{
    private const string PathOnly = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <param name="executable">What it executes, by descriptor.</param>
    /// <param name="args">Its arguments, the name first. Its environment is empty but for PATH.</param>
    /// <param name="streams">Its standard streams.</param>
    /// <param name="inherited">Descriptors that it has under their own numbers.</param>
    /// <param name="cgroup">The directory of the cgroup that it begins in; null for this process's.</param>
    public static PidFd Start(SafeFd executable, IReadOnlyList<string> args, StandardStreams streams, ReadOnlySpan<int> inherited = default, SafeFd? cgroup = null) =>
        Start(executable.Number, "", args, [PathOnly], streams, cwd: null, inherited, cgroup);

    /// <param name="path">What it executes; a script, too.</param>
    /// <param name="args">Its arguments, the name first. Its environment is empty but for PATH.</param>
    /// <param name="streams">Its standard streams; null for this process's.</param>
    public static PidFd Start(string path, IReadOnlyList<string> args, StandardStreams streams) => Start(path, args, [PathOnly], streams, cwd: null);

    /// <param name="path">What it executes, in this process's environment and working directory.</param>
    /// <param name="args">Its arguments, the name first.</param>
    /// <param name="streams">Its standard streams; null for this process's.</param>
    public static PidFd StartAlike(string path, IReadOnlyList<string> args, StandardStreams streams) => Start(path, args, [], streams, cwd: null);

    /// <param name="path">What it executes; a script, too, whose interpreter could not open a descriptor.</param>
    /// <param name="args">Its arguments, the name first.</param>
    /// <param name="environment">Its environment; an empty one stands for this process's.</param>
    /// <param name="streams">Its standard streams.</param>
    /// <param name="cwd">Its working directory; null for this process's.</param>
    internal static PidFd Start(string path, IReadOnlyList<string> args, IReadOnlyList<string> environment, StandardStreams streams, SafeFd? cwd) =>
        Start(Libc.AT_FDCWD, path, args, environment, streams, cwd, [], cgroup: null);

    /// <param name="path">What it executes, with this process's environment.</param>
    /// <param name="args">Its arguments, the name first.</param>
    /// <param name="streams">Its standard streams.</param>
    /// <param name="inherited">Descriptors that it has under their own numbers.</param>
    /// <param name="cgroup">The directory of the cgroup that it begins in; null for this process's.</param>
    internal static PidFd Start(string path, IReadOnlyList<string> args, StandardStreams streams, ReadOnlySpan<int> inherited, SafeFd? cgroup) =>
        Start(Libc.AT_FDCWD, path, args, [], streams, cwd: null, inherited, cgroup);

    private static PidFd Start(
        int executable, string path, IReadOnlyList<string> args, IReadOnlyList<string> environment, StandardStreams streams, SafeFd? cwd, ReadOnlySpan<int> inherited, SafeFd? cgroup)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Join('\0', [.. args, .. environment, path]) + "\0");
        fixed (byte* text = bytes)
        fixed (int* fds = inherited)
        {
            var argv = stackalloc byte*[args.Count + 1];
            var envp = stackalloc byte*[environment.Count + 1];
            var at = Point(argv, args, text);
            at = Point(envp, environment, at);
            var request = new NativeSpawn.Request
            {
                Flags = Libc.CLONE_PIDFD | Libc.CLONE_VM | Libc.CLONE_VFORK | Libc.CLONE_CLEAR_SIGHAND
                    | (cgroup is null ? 0 : Libc.CLONE_INTO_CGROUP),
                CgroupFd = cgroup?.Number ?? -1,
                Inherited = fds,
                InheritedCount = (uint)inherited.Length,
                ExecutableFd = executable,
                Argv = argv,
                Envp = environment.Count == 0 ? null : envp,
                Path = at,
                Cwd = cwd?.Number ?? -1,
            };
            request.Stdio[0] = streams.Input?.Number ?? -1;
            request.Stdio[1] = streams.Output?.Number ?? -1;
            request.Stdio[2] = streams.Error?.Number ?? -1;
            var pid = NativeSpawn.peapod_spawn(&request);
            if (pid < 0)
            {
                throw new KernelException("clone3", args[0], (Errno)(-pid));
            }

            var process = new PidFd(request.PidFd);
            if (request.Error != 0)
            {
                process.Wait();
                process.Dispose();
                throw new KernelException("execve", args[0], (Errno)request.Error);
            }

            return process;
        }
    }

    /// <summary>Fills a vector with the places of strings that stand one after the other.</summary>
    /// <returns>Where the text goes on.</returns>
    private static byte* Point(byte** vector, IReadOnlyList<string> items, byte* text)
    {
        for (var i = 0; i < items.Count; i++)
        {
            vector[i] = text;
            text += Encoding.UTF8.GetByteCount(items[i]) + 1;
        }

        vector[items.Count] = null;
        return text;
    }
}
