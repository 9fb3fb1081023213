using System.Runtime.InteropServices;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;

namespace Peapod.Pod.Cli.Forwarding;

/// <summary>One connection from this host and the one into the pod that it is joined with, byte for byte, each end closed as the other one is.</summary>
internal sealed unsafe class ForwardedConnection(SafeFd local, SafeFd remote, PortPair ports, int attempt) : IDisposable
{
    private readonly Stream inwards = new(local, remote);
    private readonly Stream outwards = new(remote, local);

    internal PortPair Ports { get; } = ports;

    internal SafeFd Local { get; } = local;

    /// <summary>Which of the pod's addresses it is: 0 or 1.</summary>
    internal int Attempt { get; } = attempt;

    internal bool IsConnected { get; private set; }

    /// <summary>What is to be polled for: two entries. A socket of which nothing is wanted is left out, as the end of the other side would be told again and again.</summary>
    internal void AddTo(List<PollFd> entries)
    {
        Add(Local, IsConnected ? inwards.WantsInput | outwards.WantsOutput : 0);
        Add(remote, IsConnected ? outwards.WantsInput | inwards.WantsOutput : Libc.POLLOUT);

        void Add(SafeFd socket, int events) => entries.Add(new() { Fd = events == 0 ? -1 : socket.Number, Events = (short)events });
    }

    /// <summary>The way into the pod stands now (null), or this is why it does not.</summary>
    internal Errno? FinishConnecting()
    {
        var error = TcpSocket.TakeError(remote);
        IsConnected = error is null;
        return error;
    }

    /// <returns>False when there is nothing more to come.</returns>
    internal bool Move() => inwards.Move() & outwards.Move() && !(inwards.IsDone && outwards.IsDone);

    /// <summary>Leaves the local connection open, for another attempt.</summary>
    internal void GiveUpRemote() => remote.Dispose();

    public void Dispose()
    {
        Local.Dispose();
        remote.Dispose();
    }

    /// <summary>One direction.</summary>
    private sealed class Stream(SafeFd from, SafeFd to)
    {
        private const int SHUT_WR = 1;
        private readonly byte[] buffer = new byte[1 << 16];
        private int start;
        private int end;
        private bool ended;

        internal bool IsDone { get; private set; }

        internal short WantsInput => !ended && start == end ? Libc.POLLIN : (short)0;

        internal short WantsOutput => start < end ? Libc.POLLOUT : (short)0;

        /// <returns>False when the connection is broken.</returns>
        internal bool Move()
        {
            fixed (byte* bytes = buffer)
            {
                if (!ended && start == end)
                {
                    var count = Libc.recv(from.Number, bytes, (nuint)buffer.Length, Libc.MSG_DONTWAIT);
                    if (count < 0 && !IsMoment())
                    {
                        return false;
                    }

                    ended = count == 0;
                    (start, end) = (0, (int)Math.Max(0, count));
                }

                while (start < end)
                {
                    var count = Libc.send(to.Number, bytes + start, (nuint)(end - start), Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
                    if (count < 0)
                    {
                        return IsMoment();
                    }

                    start += (int)count;
                }
            }

            if (ended && !IsDone)
            {
                Libc.shutdown(to.Number, SHUT_WR);
                IsDone = true;
            }

            return true;
        }

        private static bool IsMoment() => Marshal.GetLastPInvokeError() is (int)Errno.EAGAIN or (int)Errno.EINTR;
    }
}
