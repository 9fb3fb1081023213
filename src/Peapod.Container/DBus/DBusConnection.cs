using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.DBus;

/// <summary>A connection to a bus, or directly to a service: calls that wait for their answer, and signals. One thread's.</summary>
internal sealed class DBusConnection : IDisposable
{
    private const int CallTimeoutMilliseconds = 25_000;
    private const int MaximumLine = 16384;

    private readonly SafeFd socket;
    private readonly Queue<DBusMessage> signals = new();
    private uint serial;

    private DBusConnection(SafeFd socket) => this.socket = socket;

    /// <summary>Connects to a unix socket and authenticates as the user that this process runs as (SASL EXTERNAL).</summary>
    /// <param name="path">The socket.</param>
    /// <param name="isBus">A bus wants a Hello before anything else; a service that listens by itself knows none.</param>
    /// <exception cref="KernelException">Nobody listens there.</exception>
    /// <exception cref="DBusException">The other side refuses.</exception>
    internal static DBusConnection Open(string path, bool isBus)
    {
        var connection = new DBusConnection(UnixSocket.Connect(path));
        try
        {
            connection.Authenticate();
            if (isBus)
            {
                connection.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", "");
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method and waits for what it returns.</summary>
    /// <exception cref="DBusException">It answered an error, or nothing in time.</exception>
    /// <exception cref="KernelException">The connection broke: ECONNRESET when the other side closed it.</exception>
    internal object[] Call(string destination, string path, string type, string member, string signature, params ReadOnlySpan<object> arguments)
    {
        var call = new DBusMessage(DBusMessageType.Call)
        {
            Serial = ++serial, Destination = destination, Path = path, Interface = type, Member = member, Signature = signature, Body = arguments.ToArray(),
        };
        UnixSocket.Send(socket, call.Encode());
        var deadline = Environment.TickCount64 + CallTimeoutMilliseconds;
        while (Receive(deadline) is { } message)
        {
            if (message.Type is DBusMessageType.Return or DBusMessageType.Error && message.ReplySerial == call.Serial)
            {
                return message.Type == DBusMessageType.Return
                    ? message.Body
                    : throw new DBusException(message.Body is [string text, ..] ? text : message.ErrorName ?? "an error without a name", message.ErrorName ?? "");
            }

            Keep(message);
        }

        throw new DBusException($"{member} was not answered within {CallTimeoutMilliseconds / 1000} seconds");
    }

    /// <summary>Waits for a signal, those included that came during calls.</summary>
    /// <returns>The signal's arguments; null when none came in time.</returns>
    internal object[]? WaitForSignal(string member, Func<object[], bool> isWanted, int timeoutMilliseconds)
    {
        var deadline = Environment.TickCount64 + timeoutMilliseconds;
        while (true)
        {
            while (signals.TryDequeue(out var signal))
            {
                if (signal.Member == member && isWanted(signal.Body))
                {
                    return signal.Body;
                }
            }

            if (Receive(deadline) is not { } message)
            {
                return null;
            }

            Keep(message);
        }
    }

    /// <summary>Whether the other side is in this PID namespace, so that both mean the same process by a number.</summary>
    internal bool SharesProcessNumbers => UnixSocket.PeerProcess(socket) != 0;

    public void Dispose() => socket.Dispose();

    private void Keep(DBusMessage message)
    {
        if (message.Type == DBusMessageType.Signal)
        {
            signals.Enqueue(message);
        }
    }

    private void Authenticate()
    {
        // The user's number in decimal, each digit as the hexadecimal number of its character.
        var user = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Libc.geteuid().ToString(CultureInfo.InvariantCulture)));

        // BEGIN comes with it, as from systemd's own clients: where systemd reads it together with the first call, it lets that lie until more comes.
        UnixSocket.Send(socket, Encoding.ASCII.GetBytes($"\0AUTH EXTERNAL {user}\r\nBEGIN\r\n"));
        var answer = ReadLine();
        if (!answer.StartsWith("OK ", StringComparison.Ordinal))
        {
            throw new DBusException($"it does not take this user: {answer}");
        }
    }

    /// <summary>A line of the dialogue before the messages; byte by byte, for what follows it is not ours to take yet.</summary>
    private string ReadLine()
    {
        var deadline = Environment.TickCount64 + CallTimeoutMilliseconds;
        var line = new List<byte>();
        Span<byte> next = stackalloc byte[1];
        while (line is not [.., (byte)'\r', (byte)'\n'])
        {
            if (line.Count > MaximumLine || !ReadExactly(next, deadline))
            {
                throw new DBusException("it does not answer as D-Bus has it");
            }

            line.Add(next[0]);
        }

        return Encoding.ASCII.GetString([.. line[..^2]]);
    }

    /// <summary>The next message, or null when none comes in time.</summary>
    private DBusMessage? Receive(long deadline)
    {
        Span<byte> header = stackalloc byte[DBusMessage.FixedSize];
        if (!ReadExactly(header, deadline))
        {
            return null;
        }

        var message = new byte[DBusMessage.SizeOf(header)];
        header.CopyTo(message);
        return ReadExactly(message.AsSpan(header.Length), deadline) ? DBusMessage.Decode(message) : throw new DBusException("a message came in part only");
    }

    /// <returns>False when the time is over.</returns>
    private bool ReadExactly(Span<byte> space, long deadline)
    {
        while (space.Length > 0)
        {
            if (!UnixSocket.WaitForInput(socket, (int)Math.Max(0, deadline - Environment.TickCount64)))
            {
                if (Environment.TickCount64 >= deadline)
                {
                    return false;
                }

                continue;
            }

            var count = FileSystem.Read(socket, space, "D-Bus");
            if (count == 0)
            {
                throw new KernelException("read", "D-Bus", Errno.ECONNRESET);
            }

            space = space[count..];
        }

        return true;
    }
}
