using System.Text;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Supervision;

/// <summary>Starts supervisors, each a process of its own, and talks to them.</summary>
public static class SupervisorProcess
{
    /// <summary>The command of this executable that is a supervisor: NAME RUN-ROOT DATA-ROOT KEY, with a socket to report on as standard input.</summary>
    public const string Command = "supervise";

    private const int LongestReport = 4096;

    /// <summary>Starts a pod's supervisor and returns when its containers run; one that runs already is left alone.</summary>
    /// <exception cref="PodException">The pod could not be made; nothing of it runs.</exception>
    public static void Start(PodFolders folders)
    {
        var (ours, theirs) = UnixSocket.Pair(Libc.SOCK_SEQPACKET);
        using var reader = ours;
        using (theirs)
        using (var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR))
        using (var self = FileSystem.Open("/proc/self/exe", Libc.O_RDONLY))
        {
            ChildProcess.Start(
                self,
                ["peapod-pod", Command, folders.Host.RunRoot, folders.Host.DataRoot, folders.Key],
                new StandardStreams(theirs, nothing, nothing)).Dispose();
        }

        Span<byte> buffer = stackalloc byte[LongestReport];
        var count = UnixSocket.Receive(reader, buffer);
        var answer = Encoding.UTF8.GetString(buffer[..count]);
        if (answer != "ok")
        {
            throw new PodException(count == 0 ? $"pod \"{folders.Name}\": its supervisor ended before the pod ran" : answer);
        }
    }

    /// <summary>What the process of <see cref="Command"/> does.</summary>
    public static int Main(string runRoot, string dataRoot, string key)
    {
        Libc.setsid();
        Libc.chdir("/");
        using var report = SafeFd.Borrow(0).Duplicate();
        using (var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR))
        {
            KernelException.Check(Libc.dup3(nothing.Number, 0, 0), "dup3");
        }

        var folders = new PodFolders(new PodHost { RunRoot = runRoot, DataRoot = dataRoot }, key);
        Supervisor? supervisor = null;
        try
        {
            supervisor = Supervisor.TryOpen(folders);
            supervisor?.Begin();
            UnixSocket.Send(report, "ok"u8);
        }
        catch (Exception e)
        {
            UnixSocket.Send(report, Encoding.UTF8.GetBytes(e.Message).AsSpan(0, Math.Min(LongestReport, Encoding.UTF8.GetByteCount(e.Message))));
            supervisor?.Dispose();
            return 1;
        }

        report.Dispose();
        using (supervisor)
        {
            supervisor?.Run();
        }

        return 0;
    }

    /// <summary>Asks the supervisor to stop the pod, and waits until it is stopped. A supervisor that has died is started first.</summary>
    public static void Stop(PodFolders folders, long graceSeconds)
    {
        using var socket = TryConnect(folders);
        if (socket is null)
        {
            return;
        }

        UnixSocket.Send(socket, Encoding.UTF8.GetBytes($"stop {graceSeconds}"));
        UnixSocket.Receive(socket, stackalloc byte[256]);
    }

    /// <summary>Attaches to a running container.</summary>
    /// <returns>Its terminal's master and a socket with its output, or its standard input, or nothing: it has neither.</returns>
    public static IReadOnlyList<SafeFd> Attach(PodFolders folders, string container)
    {
        using var socket = TryConnect(folders) ?? throw new PodException($"pod \"{folders.Name}\" is not running");
        UnixSocket.Send(socket, Encoding.UTF8.GetBytes($"attach {container}"));
        Span<byte> buffer = stackalloc byte[64];
        var descriptors = new List<SafeFd>(2);
        UnixSocket.Receive(socket, buffer, descriptors);
        return descriptors;
    }

    /// <summary>Whether a supervisor watches over the pod now.</summary>
    public static bool IsAlive(PodFolders folders)
    {
        if (FileSystem.TryStat(folders.Run) is null)
        {
            return false;
        }

        using var free = FileLock.TryAcquire(folders.Lock);
        return free is null;
    }

    private static SafeFd? TryConnect(PodFolders folders)
    {
        if (!IsAlive(folders))
        {
            // Over, or its supervisor was killed: then a new one takes over what runs.
            if (PodStatus.TryRead(folders) is not { Phase: "Running" })
            {
                return null;
            }

            Start(folders);
        }

        try
        {
            return UnixSocket.Connect($"{folders.Run}/{Supervisor.SocketName}", Libc.SOCK_SEQPACKET);
        }
        catch (KernelException e) when (e.Error is Errno.ECONNREFUSED or Errno.ENOENT)
        {
            return null;
        }
    }
}
