using System.Net;
using System.Runtime.InteropServices;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>A question over TCP, or TLS, with a plain socket that is never waited for.</summary>
internal abstract unsafe class StreamAttempt : Attempt
{
    /// <summary>Bytes that are read in one turn of the supervisor's loop: a peer that never stops sending keeps nobody else waiting.</summary>
    private const int MostInOneTurn = 64 << 10;

    /// <summary>Bytes that wait for a peer which asks for answers and does not read them.</summary>
    private const int MostUnsent = 64 << 10;

    private readonly List<byte> unsent = [];
    private SafeFd? socket;
    private TlsSession? tls;
    private bool connected;
    private string peer = "";

    internal override void AddTo(List<PollFd> entries)
    {
        if (socket is not null)
        {
            Add(entries, socket, connected && unsent.Count == 0 ? Libc.POLLIN : (short)(Libc.POLLIN | Libc.POLLOUT));
        }
    }

    protected override AttemptResult? Go(long now)
    {
        try
        {
            return Proceed();
        }
        catch (KernelException e)
        {
            return Failed($"{(connected ? "read" : "dial")} tcp {peer}: {KernelException.Describe(e.Error)}");
        }
    }

    internal override AttemptResult TimedOut(long seconds) => Failed(connected ? LateAnswer : $"dial tcp {peer}: i/o timeout");

    public override void Dispose()
    {
        tls?.Dispose();
        socket?.Dispose();
        tls = null;
    }

    /// <summary>Connects, in place of any earlier connection.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="port">Its port.</param>
    /// <param name="tlsHost">Who it is, for a connection through TLS; null for a plain one.</param>
    protected void Connect(IPAddress address, int port, string? tlsHost = null)
    {
        Dispose();
        unsent.Clear();
        (tls, socket, connected, peer) = (null, null, false, new IPEndPoint(address, port).ToString());
        tls = tlsHost is null ? null : new TlsSession(tlsHost);
        socket = TcpSocket.BeginConnect(address, port);
    }

    protected void Send(ReadOnlySpan<byte> data)
    {
        if (tls is null)
        {
            unsent.AddRange(data);
            return;
        }

        tls.Write(data);
        tls.TakeOutgoing(unsent);
    }

    protected bool IsConnected => connected;

    /// <summary>What is wrong when no answer has come in time.</summary>
    protected virtual string LateAnswer => "context deadline exceeded";

    /// <summary>The connection is there.</summary>
    protected abstract AttemptResult? Connected();

    /// <summary>Something came.</summary>
    protected abstract AttemptResult? Received(ReadOnlySpan<byte> data);

    /// <summary>The other side has closed the connection.</summary>
    protected abstract AttemptResult Closed();

    /// <summary>The result of a failure of the network.</summary>
    protected virtual AttemptResult Failed(string why) => new(false, why);

    private AttemptResult? Proceed()
    {
        if (!connected)
        {
            var entry = new PollFd { Fd = socket!.Number, Events = Libc.POLLOUT };
            if (Libc.poll(&entry, 1, 0) <= 0)
            {
                return null;
            }

            if (TcpSocket.TakeError(socket) is { } error)
            {
                throw new KernelException("connect", peer, error);
            }

            connected = true;
            if ((tls is null ? Connected() : Handshake()) is { } result)
            {
                return result;
            }
        }

        SendSome();
        return Receive();
    }

    private void SendSome()
    {
        while (unsent.Count > 0)
        {
            nint count;
            fixed (byte* data = CollectionsMarshal.AsSpan(unsent))
            {
                count = Libc.send(socket!.Number, data, (nuint)unsent.Count, Libc.MSG_NOSIGNAL);
            }

            if (count < 0)
            {
                if (IsForLater(Marshal.GetLastPInvokeError()))
                {
                    return;
                }

                throw KernelException.Last("send", peer);
            }

            unsent.RemoveRange(0, (int)count);
        }
    }

    private static bool IsForLater(int error) => error is (int)Errno.EAGAIN or (int)Errno.EINTR;

    private AttemptResult? Receive()
    {
        var buffer = stackalloc byte[4096];
        for (nint taken = 0; taken < MostInOneTurn;)
        {
            var from = socket;
            var count = Libc.recv(from!.Number, buffer, 4096, 0);
            if (count == 0)
            {
                return Closed();
            }

            if (count < 0)
            {
                if (IsForLater(Marshal.GetLastPInvokeError()))
                {
                    return null;
                }

                throw KernelException.Last("recv", peer);
            }

            taken += count;
            var data = new ReadOnlySpan<byte>(buffer, (int)count);
            if ((tls is null ? Received(data) : ReceivedThrough(tls, data)) is { } result)
            {
                return result;
            }

            if (!ReferenceEquals(from, socket))
            {
                // It has gone on to another connection.
                return null;
            }

            SendSome();
            if (unsent.Count > MostUnsent)
            {
                return Failed("the server asks for answers that it does not read");
            }
        }

        // The rest is there at the next turn.
        return null;
    }

    private AttemptResult? Handshake()
    {
        var failure = tls!.Handshake();
        tls.TakeOutgoing(unsent);
        return failure is not null ? Failed(failure) : tls.IsOpen ? Connected() : null;
    }

    private AttemptResult? ReceivedThrough(TlsSession session, ReadOnlySpan<byte> data)
    {
        session.Feed(data);
        if (!session.IsOpen)
        {
            var result = Handshake();
            if (result is not null || !session.IsOpen)
            {
                return result;
            }
        }

        while (true)
        {
            var text = session.Read(out var closed, out var failure);
            if (failure is not null)
            {
                return Failed(failure);
            }

            if (closed)
            {
                return Closed();
            }

            if (text.Length == 0)
            {
                return null;
            }

            // On another connection: the session is over.
            if (Received(text) is { } answer)
            {
                return answer;
            }

            if (!ReferenceEquals(session, tls))
            {
                return null;
            }
        }
    }
}
