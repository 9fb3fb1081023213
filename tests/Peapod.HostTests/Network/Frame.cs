using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.HostTests.Network;

/// <summary>Ethernet frames byte by byte, as a process with CAP_NET_RAW can send them, and a socket that sends and hears them.</summary>
internal static unsafe class Frame
{
    internal const string Everybody = "ff:ff:ff:ff:ff:ff";
    private const int AF_PACKET = 17;
    private const ushort EveryType = 3;

    internal static byte[] Hardware(string text) => Convert.FromHexString(text.Replace(":", "", StringComparison.Ordinal));

    /// <summary>The hardware address that a pod of this IPv4 address has.</summary>
    internal static string HardwareOf(IPAddress address) => "0a:58:" + string.Join(':', address.GetAddressBytes().Select(part => $"{part:x2}"));

    internal static IPAddress LinkLocalOf(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return new IPAddress([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x08, 0x58, bytes[0], 0xff, 0xfe, bytes[1], bytes[2], bytes[3]]);
    }

    internal static byte[] Ethernet(string destination, string source, int type, byte[] payload) =>
        [.. Hardware(destination), .. Hardware(source), .. Number(type), .. payload];

    internal static byte[] Arp(int operation, string senderHardware, IPAddress sender, string targetHardware, IPAddress target) =>
        [0, 1, 8, 0, 6, 4, .. Number(operation), .. Hardware(senderHardware), .. sender.GetAddressBytes(), .. Hardware(targetHardware), .. target.GetAddressBytes()];

    internal static byte[] Udp(IPAddress source, IPAddress destination, int sourcePort, int destinationPort, byte[] data)
    {
        byte[] datagram = [.. Number(sourcePort), .. Number(destinationPort), .. Number(8 + data.Length), 0, 0, .. data];
        return Ip(source, destination, 17, datagram, 6);
    }

    /// <summary>An ICMPv6 message: type, code, four bytes and the rest.</summary>
    internal static byte[] Message(IPAddress source, IPAddress destination, byte type, byte[] afterChecksum) =>
        Ip(source, destination, 58, [type, 0, 0, 0, .. afterChecksum], 2);

    /// <summary>A packet of IPv4 or IPv6 by its addresses, with the checksum of the transport filled in at an offset.</summary>
    internal static byte[] Ip(IPAddress source, IPAddress destination, byte protocol, byte[] transport, int checksumOffset)
    {
        var from = source.GetAddressBytes();
        var to = destination.GetAddressBytes();
        var sum = Sum([.. from, .. to, 0, protocol, .. Number(transport.Length), .. transport, .. transport.Length % 2 == 0 ? (byte[])[] : [0]]);
        BinaryPrimitives.WriteUInt16BigEndian(transport.AsSpan(checksumOffset), sum);
        if (from.Length == 16)
        {
            return Ip6(source, destination, protocol, transport);
        }

        byte[] header = [0x45, 0, .. Number(20 + transport.Length), 0, 1, 0, 0, 64, protocol, 0, 0, .. from, .. to];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Sum(header));
        return [.. header, .. transport];
    }

    /// <summary>An IPv6 packet with a payload as it is.</summary>
    internal static byte[] Ip6(IPAddress source, IPAddress destination, byte next, byte[] payload) =>
        [0x60, 0, 0, 0, .. Number(payload.Length), next, 255, .. source.GetAddressBytes(), .. destination.GetAddressBytes(), .. payload];

    /// <summary>Sends a frame by the eth0 of a namespace.</summary>
    internal static void Send(TestNamespace from, byte[] frame)
    {
        var index = int.Parse(from.Command("ip", "-o", "link", "show", "dev", "eth0").Split(':')[0]);
        from.Run(() =>
        {
            using var socket = SafeFd.Check(Libc.socket(AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, 0), "socket");
            var address = stackalloc byte[20];
            Link(address, index);
            fixed (byte* data = frame)
            {
                KernelException.Check(Libc.sendto(socket.Number, data, (nuint)frame.Length, 0, address, 20), "sendto");
            }
        });
    }

    /// <summary>Begins to hear all that comes in by a link.</summary>
    internal static SafeFd Listen(TestNamespace where, string link)
    {
        var index = int.Parse(where.Command("ip", "-o", "link", "show", "dev", link).Split(':')[0]);
        return where.Run(() =>
        {
            var socket = SafeFd.Check(Libc.socket(AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, EveryType << 8), "socket");
            var address = stackalloc byte[20];
            Link(address, index);
            KernelException.Check(Libc.bind(socket.Number, address, 20), "bind");
            return socket;
        });
    }

    /// <summary>The frames that were heard up to the first one with these bytes somewhere in it, which comes within five seconds.</summary>
    internal static List<byte[]> Hear(SafeFd listener, byte[] last)
    {
        var frames = new List<byte[]>();
        var buffer = new byte[4096];
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(5); Thread.Sleep(1))
        {
            fixed (byte* pointer = buffer)
            {
                nint count;
                while ((count = Libc.recv(listener.Number, pointer, (nuint)buffer.Length, Libc.MSG_DONTWAIT)) >= 0)
                {
                    frames.Add(buffer.AsSpan(0, (int)count).ToArray());
                    if (frames[^1].AsSpan().IndexOf(last) >= 0)
                    {
                        return frames;
                    }
                }
            }
        }

        throw new InvalidOperationException("a frame that everybody hears was not heard");
    }

    internal static byte[] Number(int value) => [(byte)(value >> 8), (byte)value];

    /// <summary>struct sockaddr_ll: family, protocol in network order, number of the link.</summary>
    private static void Link(byte* address, int index)
    {
        new Span<byte>(address, 20).Clear();
        *(ushort*)address = AF_PACKET;
        *(ushort*)(address + 2) = EveryType << 8;
        *(int*)(address + 4) = index;
    }

    private static ushort Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)((bytes[i] << 8) | bytes[i + 1]);
        }

        sum = (sum >> 16) + (sum & 0xffff);
        return (ushort)~(sum + (sum >> 16));
    }
}
