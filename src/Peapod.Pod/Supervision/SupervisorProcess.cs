using System.Text;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;
using Peapod.Pod.Layout;
using Peapod.Pod.Logging;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Control;
using Peapod.Shim.Control;
using Peapod.Shim.Keeping;
using Peapod.Shim.Logging;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <summary>Starts supervisors, each a process of its own, and talks to them.</summary>
public static partial class SupervisorProcess
{
    /// <summary>The command of this executable that is a supervisor: NAME RUN-ROOT DATA-ROOT NETWORK-FILE KEY, with a socket to report on as standard input.</summary>
    public const string Command = "supervise";

    private const int LongestReport = 4096;

    /// <summary>Milliseconds after which a supervisor is taken for hung.</summary>
    private const int AnswerTimeout = 10_000;

    /// <summary>Supervisors that may die one after the other before one answers.</summary>
    private const int MostTries = 10;

    /// <summary>Milliseconds in which a keeper has started another supervisor.</summary>
    private const int KeeperTimeout = 3_000;

    /// <summary>Starts a pod's supervisor and returns when its containers run; one that runs already is left alone.</summary>
    /// <exception cref="PodException">The pod could not be made; nothing of it runs.</exception>
    public static void Start(PodFolders folders)
    {
        var (ours, theirs) = UnixSocket.Pair(Libc.SOCK_SEQPACKET);
        using var reader = ours;
        using (theirs)
        {
            KeeperProcess.Start(folders, CommandOf(folders), theirs);
        }

        Span<byte> buffer = stackalloc byte[LongestReport];
        var count = UnixSocket.Receive(reader, buffer);
        if (count == 0)
        {
            throw new PodException($"pod \"{folders.Name}\": its supervisor ended before the pod ran");
        }

        if (buffer[0] != 0)
        {
            throw new PodException(Encoding.UTF8.GetString(buffer[1..count])) { ExitCode = buffer[0] };
        }
    }

    /// <summary>The arguments that make a pod's supervisor of this executable.</summary>
    private static string[] CommandOf(PodFolders folders) => ["peapod-pod", Command, folders.Host.RunRoot, folders.Host.DataRoot, folders.Host.NetworkFile, folders.Key];

    /// <summary>What the process of <see cref="Command"/> does.</summary>
    public static int Main(PodHost host, string key)
    {
        Surroundings.Reset();
        using var report = SafeFd.Borrow(0).Duplicate();
        using (var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR))
        {
            KernelException.Check(Libc.dup3(nothing.Number, 0, 0), "dup3");
        }

        // One heap for all threads: what a thread beside the loop has used is given back with the rest.
        _ = Libc.mallopt(Libc.M_ARENA_MAX, 1);
        var folders = new PodFolders(host, key);
        var log = PodLogLevel.LogOf(folders);
        using var keeper = new Keeper(folders, CommandOf(folders), log);
        keeper.Join();
        Supervisor? supervisor = null;
        try
        {
            supervisor = Supervisor.TryOpen(folders, keeper, log);
            supervisor?.Begin();
            supervisor?.Run(() =>
            {
                keeper.Ready();
                End(report, 0, "");
            });
            End(report, supervisor is null ? 0 : 1, $"pod \"{folders.Name}\" was stopped before it ran");
            keeper.Done();
            return 0;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            if (FileSystem.TryStat(folders.Run) is null)
            {
                // The pod was removed meanwhile.
                keeper.Done();
            }

            supervisor?.Dispose();
            supervisor = null;
            if (report.IsClosed)
            {
                log.CannotDo("go on", e.ToString());
            }

            End(report, e is PodException failed ? failed.ExitCode : 1, e.Message);
            return 1;
        }
        catch (Exception e) when (!PodFailure.Is(e))
        {
            End(report, 1, $"pod \"{folders.Name}\": {UnexpectedFailure.Sentence(e)}");
            throw;
        }
        finally
        {
            supervisor?.Dispose();
        }
    }

    /// <summary>Stops the pod and returns when it is stopped, whatever becomes of its supervisor meanwhile.</summary>
    /// <param name="graceSeconds">Between the containers' stop signal and KILL.</param>
    public static void Stop(PodFolders folders, long graceSeconds)
    {
        if (StopUntilOver(folders, graceSeconds, remove: false))
        {
            WaitForEnd(folders);
        }
    }

    /// <summary>Stops the pod and removes all that there is of it. Once it is asked for, the supervisor does that even if nobody waits.</summary>
    /// <param name="folders">The pod.</param>
    /// <param name="graceSeconds">Between the containers' stop signal and KILL; 0 kills.</param>
    public static void Delete(PodFolders folders, long graceSeconds)
    {
        if (graceSeconds > 0 && StopUntilOver(folders, graceSeconds, remove: true))
        {
            SupervisorCgroup.RemoveEmpty(folders);
        }
        else
        {
            Remove(folders);
        }
    }

    /// <returns>Whether a supervisor has done all that was asked for; otherwise the pod was over already.</returns>
    private static bool StopUntilOver(PodFolders folders, long graceSeconds, bool remove)
    {
        var by = Environment.TickCount64 + (1000 * graceSeconds);
        for (var left = graceSeconds; TakeOver(folders); left = graceSeconds == 0 ? 0 : Math.Max(1, (by - Environment.TickCount64) / 1000))
        {
            if (AskToStop(folders, left, Timeout.Infinite, remove) == true)
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>True when the pod is stopped; false when the supervisor has ended before it answered; null when it has not answered in time.</returns>
    private static bool? AskToStop(PodFolders folders, long graceSeconds, int timeout, bool remove)
    {
        using var socket = TryConnect(folders, timeout);
        if (socket is null)
        {
            return IsAlive(folders) ? null : false;
        }

        try
        {
            UnixSocket.Send(socket, new ControlRequest { Do = "stop", Grace = graceSeconds, Remove = remove }.ToJson());
            return UnixSocket.WaitForInput(socket, timeout) ? UnixSocket.Receive(socket, stackalloc byte[256]) > 0 : null;
        }
        catch (KernelException e) when (e.Error is Errno.ECONNRESET or Errno.EPIPE)
        {
            return false;
        }
    }

    /// <summary>Sends a signal to a container's first process, or to those of all containers.</summary>
    /// <param name="folders">The pod.</param>
    /// <param name="container">Null for all.</param>
    /// <param name="signal">The signal's number.</param>
    /// <exception cref="PodException">The pod, or that container, is not running.</exception>
    public static void Kill(PodFolders folders, string? container, int signal) => Ask(folders, new ControlRequest { Do = "kill", Container = container, Signal = signal });

    /// <summary>Stops a container, or all, to be started again at once, whatever the restart policy says. Returns when the stop has begun.</summary>
    /// <param name="folders">The pod.</param>
    /// <param name="container">Null for all but the init containers.</param>
    /// <param name="graceSeconds">Between the stop signal and KILL; null for the manifest's.</param>
    /// <exception cref="PodException">The pod, or that container, is not running.</exception>
    public static void Restart(PodFolders folders, string? container, long? graceSeconds) => Ask(folders, new ControlRequest { Do = "restart", Container = container, Grace = graceSeconds });

    /// <summary>Has the supervisor read manifest.json again: labels and annotations, resources, and ephemeral containers that were added.</summary>
    /// <exception cref="PodException">The pod is not running, or what is wanted cannot be done.</exception>
    public static void Reload(PodFolders folders) => Ask(folders, new ControlRequest { Do = "reload" });

    private static void TryReload(PodFolders folders, SafeFd socket)
    {
        try
        {
            TryAsk(folders, socket, new ControlRequest { Do = "reload" });
        }
        catch (PodException)
        {
            // It had just ended, or its events tell what its volumes cannot show.
        }
    }

    /// <summary>Asks again when the supervisor dies before it has answered: what was asked for may not have reached it.</summary>
    private static void Ask(PodFolders folders, ControlRequest request)
    {
        for (var tries = 0; tries < MostTries && TakeOver(folders); tries++)
        {
            using var socket = TryConnect(folders, AnswerTimeout);
            if (socket is not null && TryAsk(folders, socket, request))
            {
                return;
            }
        }

        throw new PodException($"pod \"{folders.Name}\" is not running");
    }

    /// <returns>False when the supervisor has ended before it answered.</returns>
    private static bool TryAsk(PodFolders folders, SafeFd socket, ControlRequest request, List<SafeFd>? descriptors = null)
    {
        Span<byte> buffer = stackalloc byte[ControlSocket.LongestMessage];
        int count;
        try
        {
            UnixSocket.Send(socket, request.ToJson());
            if (!UnixSocket.WaitForInput(socket, AnswerTimeout))
            {
                throw new PodException($"pod \"{folders.Name}\": its supervisor does not answer");
            }

            count = UnixSocket.Receive(socket, buffer, descriptors);
        }
        catch (KernelException e) when (e.Error is Errno.ECONNRESET or Errno.EPIPE)
        {
            return false;
        }

        return count != 0 && (ControlReply.Parse(buffer[..count]).Error is { } error ? throw new PodException(error) : true);
    }

    /// <summary>Attaches to a running container.</summary>
    /// <returns>Its terminal's master and a socket with its output, or its standard input, or nothing: it has neither.</returns>
    public static IReadOnlyList<SafeFd> Attach(PodFolders folders, string container)
    {
        var descriptors = new List<SafeFd>(2);
        for (var tries = 0; tries < MostTries && TakeOver(folders); tries++)
        {
            using var socket = TryConnect(folders, AnswerTimeout);
            if (socket is not null && TryAsk(folders, socket, new ControlRequest { Do = "attach", Container = container }, descriptors))
            {
                return descriptors;
            }
        }

        throw new PodException($"pod \"{folders.Name}\" is not running");
    }

    /// <summary>Has the pods of a namespace look at their ConfigMaps and Secrets again: what their volumes show of them follows.</summary>
    public static void Reload(PodHost host, string podNamespace)
    {
        foreach (var folders in host.Pods())
        {
            if (folders.Key.StartsWith($"{podNamespace}_", StringComparison.Ordinal) && TryConnect(folders, AnswerTimeout) is { } socket)
            {
                using (socket)
                {
                    TryReload(folders, socket);
                }
            }
        }
    }

    /// <summary>Makes sure that a pod which has not ended has a supervisor: starts a new one when the last was killed.</summary>
    /// <returns>False when the pod is over.</returns>
    public static bool TakeOver(PodFolders folders)
    {
        if (IsAlive(folders) || WaitForKeeper(folders))
        {
            return true;
        }

        if (StatusFile.TryRead(folders) is not { Phase: PodPhase.Running or PodPhase.Pending })
        {
            return false;
        }

        Start(folders);
        return true;
    }

    /// <summary>The pod's keeper, if it has one, starts another supervisor by itself: it has what another keeper would not have.</summary>
    private static bool WaitForKeeper(PodFolders folders)
    {
        var end = Environment.TickCount64 + KeeperTimeout;
        while (SupervisorCgroup.IsInhabited(folders) && Environment.TickCount64 < end)
        {
            if (IsAlive(folders))
            {
                return true;
            }

            Thread.Sleep(2);
        }

        return IsAlive(folders);
    }

    /// <summary>Whether a supervisor watches over the pod now.</summary>
    public static bool IsAlive(PodFolders folders)
    {
        if (FileSystem.TryStat(folders.Lock, followSymlinks: false) is { } file && file.Type == Libc.S_IFREG && FileLock.IsHeld(folders.Lock))
        {
            return true;
        }

        // None; or one whose lock was taken away or replaced, but nobody else can listen for it.
        var answers = TryConnect(folders, out var connected);
        using var socket = connected;
        return socket is not null || !answers;
    }

    /// <summary>Whether the command that makes the pod is at it still.</summary>
    public static bool IsBeingMade(PodFolders folders) => IsRegularOrMissing(folders.CreatorLock) && FileLock.IsHeld(folders.CreatorLock);

    private static bool IsRegularOrMissing(string file) => FileSystem.TryStat(file, followSymlinks: false) is not { } found || found.Type == Libc.S_IFREG;

    /// <param name="folders">The pod's.</param>
    /// <param name="socket">Null when nobody listens.</param>
    /// <returns>False when somebody listens and lets all wait.</returns>
    private static bool TryConnect(PodFolders folders, out SafeFd? socket)
    {
        socket = null;
        var path = $"{folders.Run}/{ControlSocket.Name}";
        try
        {
            socket = FileSystem.TryStat(path, followSymlinks: false) is null ? null : UnixSocket.Connect(path, Libc.SOCK_SEQPACKET, patience: 1);
        }
        catch (KernelException e) when (e.Error == Errno.EAGAIN)
        {
            return false;
        }
        catch (KernelException e) when (e.Error is Errno.ECONNREFUSED or Errno.ENOENT or Errno.ENOTDIR or Errno.EPROTOTYPE || e.IsDamage)
        {
        }

        return true;
    }

    /// <summary>The supervisor's socket; null when it has ended, or does not listen in time.</summary>
    private static SafeFd? TryConnect(PodFolders folders, int timeout)
    {
        var end = timeout < 0 ? long.MaxValue : Environment.TickCount64 + timeout;
        while (IsAlive(folders) && Environment.TickCount64 <= end)
        {
            try
            {
                return UnixSocket.Connect($"{folders.Run}/{ControlSocket.Name}", Libc.SOCK_SEQPACKET);
            }
            catch (KernelException e) when (e.Error is Errno.ECONNREFUSED or Errno.ENOENT)
            {
                // It has just begun and does not listen yet, or it has just ended.
                Thread.Sleep(1);
            }
            catch (KernelException e) when (e.IsDamage || e.Error is Errno.ENOTDIR or Errno.EPROTOTYPE or Errno.EAGAIN)
            {
                // Something else is in its socket's place, or it accepts nobody: nobody can talk to it.
                return null;
            }
        }

        return null;
    }

    private static void WaitForEnd(PodFolders folders)
    {
        try
        {
            FileLock.Acquire(folders.Lock).Dispose();
        }
        catch (KernelException e) when (e.Error == Errno.ENOENT)
        {
            // Removed by another command.
        }
    }

    /// <summary>Tells the command that started this supervisor how it went: an exit code, and a sentence. Once.</summary>
    private static void End(SafeFd report, int exitCode, string text)
    {
        if (report.IsClosed)
        {
            return;
        }

        byte[] bytes = [(byte)exitCode, .. Encoding.UTF8.GetBytes(text)];
        try
        {
            UnixSocket.Send(report, bytes.AsSpan(0, Math.Min(LongestReport, bytes.Length)));
        }
        catch (KernelException)
        {
            // The command that started the pod was killed, and the pod is there all the same; or a keeper started this supervisor, and nobody listens.
        }

        report.Dispose();
    }
}
