using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Cli.Commands;

/// <summary>
/// A terminal that "pod exec" has left by its detach keys. Its process would be hung up on with nobody at the other side, so a process of this
/// executable stays there, and takes what is written, until the terminal's last process has ended.
/// </summary>
internal static class DetachedTerminal
{
    /// <summary>The command of this executable that does so, with the terminal's master side as standard input.</summary>
    internal const string Command = "hold-terminal";

    internal static unsafe void Hold(SafeFd master)
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.pipe2(fds, Libc.O_CLOEXEC), "pipe2");
        using var begun = new SafeFd(fds[0]);
        using (var begins = new SafeFd(fds[1]))
        using (var self = FileSystem.Open("/proc/self/exe", Libc.O_RDONLY))
        using (var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR))
        {
            ChildProcess.Start(self, ["peapod-pod", Command], new StandardStreams(master, begins, nothing)).Dispose();
        }

        // Until it has left this session, whose end would be its end, too.
        FileSystem.ReadAllBytes(begun, Command);
    }

    /// <summary>What the process of <see cref="Command"/> does.</summary>
    internal static unsafe int Stay()
    {
        Libc.setsid();
        Libc.chdir("/");
        Libc.dup3(2, 1, 0);
        Libc.fcntl(0, Libc.F_SETFL, Libc.O_RDWR); // blocking
        var buffer = stackalloc byte[16384];
        while (Libc.read(0, buffer, 16384) > 0)
        {
        }

        return 0;
    }
}
