using System.Runtime.InteropServices;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Netlink;

/// <summary>
/// A netlink socket of the network namespace that the opening thread was in; it stays there wherever the thread goes.
/// The kernel works while sendmsg(2) runs, so every answer is there when it returns and nothing here ever waits. netlink(7).
/// Not for several threads at once.
/// </summary>
public sealed unsafe class NetlinkSocket : IDisposable
{
    private const int CapAcknowledge = 10;
    private const int ExtendedAcknowledge = 11;
    private const int SO_SNDBUFFORCE = 32;

    /// <summary>What the kernel takes in one message of a new socket, with room to spare: net.core.wmem_default is 212,992 bytes.</summary>
    private const int UsualMessage = 128 * 1024;

    // nfnetlink's; rtnetlink has other messages of these numbers.
    private const ushort BatchBegin = 0x10;
    private const ushort BatchEnd = 0x11;

    private readonly SafeFd socket;
    private readonly byte[] answers = new byte[32768];
    private readonly bool hasBatches;
    private uint nextSequence = 1;

    private NetlinkSocket(SafeFd socket, int protocol)
    {
        this.socket = socket;
        hasBatches = protocol == Libc.NETLINK_NETFILTER;
    }

    /// <summary>What is done with each message of an answer.</summary>
    /// <param name="request">The position in the batch of the request that it answers.</param>
    /// <param name="type">The message's type.</param>
    /// <param name="payload">What follows struct nlmsghdr.</param>
    public delegate void Answer(int request, ushort type, ReadOnlySpan<byte> payload);

    /// <param name="protocol"><see cref="Libc.NETLINK_ROUTE"/> or <see cref="Libc.NETLINK_NETFILTER"/>.</param>
    public static NetlinkSocket Open(int protocol)
    {
        var socket = SafeFd.Check(Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, protocol), "socket", "netlink");

        // Both only make errors clearer: refusal is no error.
        var on = 1;
        Libc.setsockopt(socket.Number, Libc.SOL_NETLINK, CapAcknowledge, &on, sizeof(int));
        Libc.setsockopt(socket.Number, Libc.SOL_NETLINK, ExtendedAcknowledge, &on, sizeof(int));
        return new NetlinkSocket(socket, protocol);
    }

    /// <summary>
    /// Sends the batch and reads its answers up to the last request's. rtnetlink does every request whatever became of the
    /// ones before it; nfnetlink does all of a batch or nothing.
    /// </summary>
    /// <exception cref="KernelException">The first request that was refused, with the kernel's own words.</exception>
    public void Execute(NetlinkBatch batch, Answer? answer = null)
    {
        if (TryExecute(batch, answer) is { } error)
        {
            throw error;
        }
    }

    /// <summary>As <see cref="Execute"/>, but the first refusal is returned.</summary>
    public KernelException? TryExecute(NetlinkBatch batch, Answer? answer = null)
    {
        var requests = batch.Requests;
        if (requests.Count == 0)
        {
            return null;
        }

        var last = requests.Count - 1;
        if (hasBatches && requests[last].Type == BatchEnd)
        {
            last--;
        }

        var first = nextSequence;
        nextSequence += (uint)requests.Count;
        Send(batch.Finish(first, last), requests[0].Operation);

        KernelException? refusal = null;
        while (true)
        {
            var count = Receive(requests[last]);
            for (var data = answers.AsSpan(0, count); data.Length >= NetlinkBatch.HeaderSize;)
            {
                var size = MemoryMarshal.Read<int>(data);
                if (size < NetlinkBatch.HeaderSize || size > data.Length)
                {
                    break;
                }

                var type = MemoryMarshal.Read<ushort>(data[4..]);
                var flags = MemoryMarshal.Read<ushort>(data[6..]);
                var index = (int)(MemoryMarshal.Read<uint>(data[8..]) - first);
                var payload = data[NetlinkBatch.HeaderSize..size];
                data = data[Math.Min((size + 3) & ~3, data.Length)..];
                if (index < 0 || index >= requests.Count)
                {
                    continue; // left over from an earlier batch that failed as a whole
                }

                var done = type is NetlinkFlags.MessageError or NetlinkFlags.MessageDone;
                if (!done)
                {
                    answer?.Invoke(index, type, payload);
                    continue;
                }

                var error = payload.Length < 4 ? 0 : -MemoryMarshal.Read<int>(payload);
                if (error > 0)
                {
                    refusal ??= Refusal(requests[index], (Errno)error, flags, payload[4..]);
                }

                // An error of the batch's begin or end means that the batch as a whole was refused.
                if (index == last || (hasBatches && requests[index].Type is (BatchBegin or BatchEnd)))
                {
                    return refusal;
                }
            }
        }
    }

    public void Dispose() => socket.Dispose();

    private static KernelException Refusal(NetlinkBatch.Request request, Errno error, ushort flags, ReadOnlySpan<byte> rest)
    {
        const ushort messageAttribute = 1;
        string? detail = null;
        if ((flags & NetlinkFlags.ExtendedAcknowledgement) != 0 && rest.Length >= NetlinkBatch.HeaderSize)
        {
            // struct nlmsgerr: error, header of the request and, unless capped, all of the request; then attributes.
            var skip = (flags & NetlinkFlags.Capped) != 0 ? NetlinkBatch.HeaderSize : (MemoryMarshal.Read<int>(rest) + 3) & ~3;
            foreach (var attribute in new NetlinkAttributes(skip <= rest.Length ? rest[skip..] : []))
            {
                if (attribute.Type == messageAttribute)
                {
                    detail = attribute.Text;
                }
            }
        }

        return new KernelException(request.Operation, request.Subject, error, detail);
    }

    private void Send(ReadOnlySpan<byte> data, string operation)
    {
        // struct sockaddr_nl: family, padding, port 0 (the kernel), no groups.
        var address = stackalloc byte[12];
        new Span<byte>(address, 12).Clear();
        *(ushort*)address = (ushort)Libc.AF_NETLINK;
        if (data.Length > UsualMessage)
        {
            // All of a batch is one message, whatever its length: nfnetlink does it whole or not at all. Where this is refused, sending is.
            var size = data.Length;
            Libc.setsockopt(socket.Number, Libc.SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(int));
        }

        fixed (byte* pointer = data)
        {
            nint sent;
            do
            {
                sent = Libc.sendto(socket.Number, pointer, (nuint)data.Length, 0, address, 12);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EINTR);
            KernelException.Check(sent, "sendto", operation);
        }
    }

    private int Receive(NetlinkBatch.Request last)
    {
        fixed (byte* pointer = answers)
        {
            while (true)
            {
                var count = Libc.recv(socket.Number, pointer, (nuint)answers.Length, Libc.MSG_DONTWAIT);
                if (count >= 0)
                {
                    return (int)count;
                }

                var error = KernelException.Last("recv", last.Operation);
                if (error.Error != Errno.EINTR)
                {
                    throw error.Error == Errno.EAGAIN ? new KernelException(last.Operation, last.Subject, Errno.ENODATA, "the kernel did not answer") : error;
                }
            }
        }
    }
}
