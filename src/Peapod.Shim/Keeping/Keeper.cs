using System.Globalization;
using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;
using Peapod.Shim.Layout;
using Peapod.Shim.Logging;

namespace Peapod.Shim.Keeping;

/// <summary>
/// The supervisor's side of its keeper, which starts another supervisor when this one dies and hands it what must not be lost: descriptors and the
/// ends of processes. When the keeper dies it is replaced. A keeper that cannot be had is told in the log, and stops nothing.
/// </summary>
/// <param name="folders">The pod.</param>
/// <param name="command">The arguments that make a supervisor of this executable, its name first.</param>
/// <param name="log">Is told when a keeper is lost or cannot be told something.</param>
internal sealed unsafe class Keeper(ShimFolders folders, IReadOnlyList<string> command, ILogger log) : IDisposable
{
    /// <summary>The environment variable by which a supervisor knows its keeper's socket: its number.</summary>
    private const string Variable = "PEAPOD_KEEPER";

    /// <summary>Milliseconds in which a keeper answers; it has nothing else to do.</summary>
    private const int AnswerTimeout = 2000;

    /// <summary>Milliseconds between two attempts to replace one.</summary>
    private const long Pause = 1000;

    private readonly Dictionary<int, ExitStatus> ends = [];
    private SafeFd? socket;
    private PidFd? replacement;
    private long replaceAt;

    /// <summary>A new keeper knows nothing yet: gives it all that it is to keep.</summary>
    internal Action Replaced { get; set; } = static () => { };

    /// <summary>When it wants to go on even if nothing happens.</summary>
    internal long WakeAt => socket is null ? replaceAt : long.MaxValue;

    /// <summary>The keeper that has started this process, if one has.</summary>
    internal void Join()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out var number))
        {
            Libc.fcntl(number, Libc.F_SETFD, Libc.FD_CLOEXEC);
            socket = NonBlocking(new SafeFd(number));
        }
    }

    /// <summary>What an earlier supervisor has left: descriptors, by their names. They are the caller's.</summary>
    internal Dictionary<string, SafeFd> Fetch()
    {
        var kept = new Dictionary<string, SafeFd>();
        Send(KeeperMessage.Of(KeeperMessageKind.Fetch));
        while (socket is not null)
        {
            if (!UnixSocket.WaitForInput(socket, AnswerTimeout))
            {
                Lose("it does not answer");
            }
            else if (TryReceive(out var message, out var descriptor) && Take(message, descriptor, kept))
            {
                break;
            }
        }

        return kept;
    }

    /// <summary>How a process has ended that is no child of this one; null when that is not known.</summary>
    internal ExitStatus? EndOf(int pid) => ends.TryGetValue(pid, out var status) ? status : null;

    /// <summary>The end is written down, or means nothing here.</summary>
    internal void Forget(int pid)
    {
        ends.Remove(pid);
        Send(KeeperMessage.Of(KeeperMessageKind.Exited, pid: pid));
    }

    /// <summary>Forgets the ends of all processes but those.</summary>
    internal void ForgetOthers(Predicate<int> wanted)
    {
        foreach (var pid in ends.Count == 0 ? [] : ends.Keys.ToArray())
        {
            if (!wanted(pid))
            {
                Forget(pid);
            }
        }
    }

    /// <summary>Has a descriptor kept, in place of any earlier one of that name. For any thread.</summary>
    internal void Keep(string name, SafeFd descriptor) => Send(KeeperMessage.Of(KeeperMessageKind.Store, name), descriptor);

    /// <inheritdoc cref="KeeperMessageKind.Drop"/>
    internal void Drop(string name) => Send(KeeperMessage.Of(KeeperMessageKind.Drop, name));

    /// <inheritdoc cref="KeeperMessageKind.Ready"/>
    internal void Ready() => Send(KeeperMessage.Of(KeeperMessageKind.Ready));

    /// <inheritdoc cref="KeeperMessageKind.Done"/>
    internal void Done() => Send(KeeperMessage.Of(KeeperMessageKind.Done));

    internal void AddTo(List<PollFd> entries)
    {
        if (socket is not null)
        {
            entries.Add(new() { Fd = socket.Number, Events = Libc.POLLIN });
        }
    }

    /// <summary>Takes what the keeper has to say, and replaces one that has died.</summary>
    internal void Advance(long now)
    {
        while (socket is not null && UnixSocket.WaitForInput(socket, 0))
        {
            if (TryReceive(out var message, out var descriptor))
            {
                Take(message, descriptor, null);
            }
        }

        if (replacement is not null && replacement.WaitForExit(0))
        {
            replacement.TryWait();
            replacement.Dispose();
            replacement = null;
        }

        if (socket is null && now >= replaceAt)
        {
            Replace(now);
        }
    }

    public void Dispose()
    {
        socket?.Dispose();
        replacement?.Dispose();
    }

    private static SafeFd NonBlocking(SafeFd fd)
    {
        Libc.fcntl(fd.Number, Libc.F_SETFL, Libc.O_RDWR | Libc.O_NONBLOCK);
        return fd;
    }

    /// <returns>Whether it was the last of an answer.</returns>
    private bool Take(in KeeperMessage message, SafeFd? descriptor, Dictionary<string, SafeFd>? kept)
    {
        switch (message.Kind)
        {
            case KeeperMessageKind.Store when kept is not null && descriptor is not null:
                kept[message.Name] = descriptor;
                return false;
            case KeeperMessageKind.Exited:
                ends[message.Pid] = ExitStatus.FromWait(message.Status);
                break;
        }

        descriptor?.Dispose();
        return message.Kind == KeeperMessageKind.Fetch;
    }

    private bool TryReceive(out KeeperMessage message, out SafeFd? descriptor)
    {
        message = default;
        descriptor = null;
        var descriptors = new List<SafeFd>(1);
        int count;
        try
        {
            fixed (KeeperMessage* place = &message)
            {
                count = UnixSocket.Receive(socket!, new Span<byte>(place, KeeperMessage.Size), descriptors);
            }
        }
        catch (KernelException e) when (e.Error == Errno.EAGAIN)
        {
            return false;
        }
        catch (KernelException e)
        {
            Lose(e.Message);
            return false;
        }

        if (count != KeeperMessage.Size)
        {
            Lose("it has ended");
            return false;
        }

        descriptor = descriptors.Count > 0 ? descriptors[0] : null;
        return true;
    }

    private void Send(KeeperMessage message, SafeFd? descriptor = null)
    {
        if (socket is not { IsClosed: false } connected)
        {
            return;
        }

        try
        {
            UnixSocket.Send(connected, new ReadOnlySpan<byte>(&message, KeeperMessage.Size), descriptor is null ? [] : [descriptor]);
        }
        catch (Exception e) when (e is KernelException or ObjectDisposedException)
        {
            // The loop finds that it has ended, and replaces it.
            log.CannotDo("tell the keeper", e.Message);
        }
    }

    private void Lose(string why)
    {
        log.KeeperLost(why);
        socket?.Dispose();
        socket = null;
    }

    /// <summary>Starts another one. The containers stay children of this process: as long as it lives nothing is lost.</summary>
    private void Replace(long now)
    {
        replaceAt = now + Pause;
        try
        {
            var (ours, theirs) = UnixSocket.Pair(Libc.SOCK_SEQPACKET);
            using (theirs)
            {
                replacement = KeeperProcess.Replace(folders, command, theirs);
            }

            socket = NonBlocking(ours);
        }
        catch (KernelException e)
        {
            log.CannotDo("start another keeper", e.Message);
            return;
        }

        Replaced();
    }
}
