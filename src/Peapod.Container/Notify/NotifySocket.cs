using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Notify;

/// <summary>
/// Readiness, from the container's process to whoever started the runtime: a datagram socket in a folder that the container sees, of whose
/// messages nothing but READY=1 goes on to the host's, with the process to watch from then on. sd_notify(3), systemd.service(5) Type=notify.
/// </summary>
public sealed unsafe class NotifySocket : IDisposable
{
    /// <summary>Where the container sees the folder.</summary>
    internal const string FolderInContainer = "/run/notify";

    internal const string Name = "notify.sock";

    internal const uint FolderMode = 0x1ed; // 0755
    private const uint SocketMode = 0x1ff; // 0777: the process may be anybody
    private const int MessageSize = 4096;
    private const int BarrierMilliseconds = 30_000;

    private readonly string host;
    private bool isReady;

    /// <param name="host">The host's socket: an absolute path, or @ and an abstract name.</param>
    private NotifySocket(string host) => this.host = host;

    /// <summary>Readable when the container has said something; null until <see cref="Bind"/>.</summary>
    public SafeFd? Reader { get; private set; }

    /// <summary>Takes the sentence of what keeps the host from being told.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>The socket of this process's NOTIFY_SOCKET, or null.</summary>
    /// <exception cref="ContainerException">It is neither a path nor an abstract name.</exception>
    public static NotifySocket? FromEnvironment(Action<string>? warn) => Environment.GetEnvironmentVariable("NOTIFY_SOCKET") switch
    {
        null or "" => null,
        ['/' or '@', _, ..] and var address => new(address) { Warn = warn },
        var other => throw new ContainerException($"NOTIFY_SOCKET: \"{other}\" is neither an absolute path nor @ with an abstract name"),
    };

    internal static string FolderIn(string containerFolder) => $"{containerFolder}/notify";

    /// <summary>Makes the socket in its folder, which lies where the runtime alone comes to.</summary>
    internal void Bind(string folder)
    {
        using var directory = FileSystem.OpenDirectory(folder);
        Reader = UnixSocket.Bind(directory, Name, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK, SocketMode);
    }

    /// <summary>Reads what is there, and tells the host of the readiness that is in it, once.</summary>
    /// <param name="mainPid">Whom the host is to watch from then on.</param>
    /// <returns>Whether the process has said by now that it is ready.</returns>
    public bool Relay(int mainPid)
    {
        Span<byte> message = stackalloc byte[MessageSize];
        while (true)
        {
            int count;
            fixed (byte* buffer = message)
            {
                // Descriptors that come along are not taken, so that the kernel closes them: that is what a barrier waits for.
                count = (int)Libc.recv(Reader!.Number, buffer, (nuint)message.Length, Libc.MSG_DONTWAIT);
            }

            if (count < 0)
            {
                return isReady;
            }

            if (!isReady && SaysReady(message[..count]))
            {
                isReady = true;
                Tell(mainPid);
            }
        }
    }

    /// <summary>For a command that does not stay: returns when the process is ready and the host knows, or when it has ended.</summary>
    public void RelayUntilReady(PidFd process, int pid)
    {
        var entries = stackalloc PollFd[2];
        while (Reader is not null)
        {
            entries[0] = new() { Fd = Reader.Number, Events = Libc.POLLIN };
            entries[1] = new() { Fd = process.Number, Events = Libc.POLLIN };
            if (Libc.poll(entries, 2, -1) < 0)
            {
                continue;
            }

            if (Relay(pid) || entries[1].ReturnedEvents != 0)
            {
                return;
            }
        }
    }

    public void Dispose() => Reader?.Dispose();

    private static bool SaysReady(ReadOnlySpan<byte> message)
    {
        foreach (var line in message.Split((byte)'\n'))
        {
            if (message[line].SequenceEqual("READY=1"u8))
            {
                return true;
            }
        }

        return false;
    }

    private void Tell(int mainPid)
    {
        try
        {
            using var socket = UnixSocket.Connect(host, Libc.SOCK_DGRAM);
            UnixSocket.Send(socket, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"READY=1\nMAINPID={mainPid}\n")));
            if (mainPid != Environment.ProcessId)
            {
                WaitForBarrier(socket);
            }
        }
        catch (KernelException e)
        {
            Warn?.Invoke($"NOTIFY_SOCKET: cannot tell \"{host}\" that the container is ready: {e.Message}");
        }
    }

    /// <summary>The host looks a sender up by its number: we may only end when it has. It then closes its end of a pipe. sd_notify_barrier(3).</summary>
    private void WaitForBarrier(SafeFd socket)
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.pipe2(fds, Libc.O_CLOEXEC), "pipe2");
        using var read = new SafeFd(fds[0]);
        using (var write = new SafeFd(fds[1]))
        {
            UnixSocket.Send(socket, "BARRIER=1"u8, write);
        }

        if (!UnixSocket.WaitForInput(read, BarrierMilliseconds))
        {
            Warn?.Invoke($"NOTIFY_SOCKET: \"{host}\" did not answer within {BarrierMilliseconds / 1000} seconds");
        }
    }
}
