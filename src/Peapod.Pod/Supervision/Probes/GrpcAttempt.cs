using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>
/// One call of grpc.health.v1.Health/Check over HTTP/2 without TLS (RFC 9113), by hand: fields as HPACK literals without Huffman coding; of
/// the answer only the data are read, since a call that has none has failed.
/// </summary>
internal sealed class GrpcAttempt : StreamAttempt
{
    private const int FrameHead = 9;
    private const int LongestFrame = 1 << 14;

    /// <summary>Bytes of an answer; a HealthCheckResponse has two.</summary>
    private const int LongestMessage = 64 << 10;

    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte GoAway = 7;
    private const byte EndStream = 1;
    private const byte Acknowledged = 1;
    private const byte EndHeaders = 4;
    private const byte Padded = 8;

    private readonly string authority;
    private readonly string service;
    private readonly List<byte> received = [];
    private readonly List<byte> message = [];

    internal GrpcAttempt(IPAddress address, int port, string? service)
    {
        authority = new IPEndPoint(address, port).ToString();
        this.service = service ?? "";
        Connect(address, port);
    }

    internal override AttemptResult TimedOut(long seconds) =>
        new(false, IsConnected ? $"timeout: health rpc did not complete within {seconds}s" : $"timeout: failed to connect service \"{authority}\" within {seconds}s: context deadline exceeded");

    protected override AttemptResult? Connected()
    {
        Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Send(Frame(Settings, 0, 0, []));
        Send(Frame(Headers, EndHeaders, 1, RequestFields()));
        Send(Frame(Data, EndStream, 1, RequestMessage()));
        return null;
    }

    protected override AttemptResult? Received(ReadOnlySpan<byte> data)
    {
        received.AddRange(data);
        while (received.Count >= FrameHead)
        {
            var length = (received[0] << 16) | (received[1] << 8) | received[2];
            if (length > LongestFrame)
            {
                return Failed($"http2: frame too large, note that the frame header looked like an HTTP/1.1 header");
            }

            if (received.Count < FrameHead + length)
            {
                return null;
            }

            var payload = received.GetRange(FrameHead, length).ToArray();
            var (type, flags, stream) = (received[3], received[4], BinaryPrimitives.ReadInt32BigEndian(received.GetRange(5, 4).ToArray()) & int.MaxValue);
            received.RemoveRange(0, FrameHead + length);
            if (Take(type, flags, stream, payload) is { } result)
            {
                return result;
            }
        }

        return null;
    }

    protected override AttemptResult Closed() => Failed("connection closed before the answer");

    protected override AttemptResult Failed(string why) => new(false, $"error: health rpc of \"{authority}\" failed: {why}");

    private AttemptResult? Take(byte type, byte flags, int stream, byte[] payload)
    {
        switch (type)
        {
            case Settings when payload.Length % 6 != 0:
            case Ping when payload.Length != 8:
            case ResetStream when payload.Length != 4:
                return Failed("http2: FRAME_SIZE_ERROR");
            case Settings when (flags & Acknowledged) == 0:
                Send(Frame(Settings, Acknowledged, 0, []));
                return null;
            case Ping when (flags & Acknowledged) == 0:
                Send(Frame(Ping, Acknowledged, 0, payload));
                return null;
            case GoAway:
                return Failed("the server has sent GOAWAY");
            case ResetStream when stream == 1:
                return Failed("the server has reset the stream");
            case Data when stream == 1:
                if (!TryUnpad(flags, payload, out var data))
                {
                    return Failed("http2: PROTOCOL_ERROR: the padding is longer than its frame");
                }

                if (message.Count + data.Length > LongestMessage)
                {
                    return Failed($"grpc: received message larger than max ({message.Count + data.Length} vs. {LongestMessage})");
                }

                message.AddRange(data);
                break;
            case Headers when stream == 1:
                break;
            default:
                return null;
        }

        return (flags & EndStream) != 0 ? Answer() : null;
    }

    /// <summary>RFC 9113, 6.1: with PADDED the first byte says how many bytes at the end count for nothing.</summary>
    private static bool TryUnpad(byte flags, ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> data)
    {
        data = payload;
        if ((flags & Padded) == 0)
        {
            return true;
        }

        if (payload.IsEmpty || payload[0] >= payload.Length)
        {
            return false;
        }

        data = payload[1..^payload[0]];
        return true;
    }

    private AttemptResult Answer()
    {
        if (message.Count < 5)
        {
            return Failed("no answer: the server does not know the service, or not the health protocol");
        }

        var status = StatusOf(message.GetRange(5, message.Count - 5).ToArray());
        return new(status == 1, $"service unhealthy (responded with \"{status switch { 0 => "UNKNOWN", 1 => "SERVING", 2 => "NOT_SERVING", 3 => "SERVICE_UNKNOWN", _ => $"{status}" }}\")");
    }

    /// <summary>Field 1 of a HealthCheckResponse; 0 when it is not set. What cannot be read ends the message.</summary>
    internal static int StatusOf(ReadOnlySpan<byte> response)
    {
        var status = 0;
        while (TryTakeVariable(ref response, out var tag))
        {
            var skipped = (tag & 7) switch { 1 => 8UL, 5 => 4UL, _ => 0UL };
            switch (tag & 7)
            {
                case 0 when TryTakeVariable(ref response, out var value):
                    status = tag >> 3 == 1 ? (int)value : status;
                    break;
                case 2 when TryTakeVariable(ref response, out skipped):
                case 1 or 5:
                    break;
                default:
                    return status;
            }

            if (skipped > (ulong)response.Length)
            {
                return status;
            }

            response = response[(int)skipped..];
        }

        return status;
    }

    /// <summary>The other way round than <see cref="AddVariable"/>; at most ten bytes.</summary>
    private static bool TryTakeVariable(ref ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        for (var i = 0; i < text.Length && i < 10; i++)
        {
            value |= (ulong)(text[i] & 127) << (7 * i);
            if (text[i] < 128)
            {
                text = text[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[FrameHead + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(FrameHead));
        return frame;
    }

    private byte[] RequestFields()
    {
        var block = new List<byte>();
        Field(":method", "POST");
        Field(":scheme", "http");
        Field(":path", "/grpc.health.v1.Health/Check");
        Field(":authority", authority);
        Field("content-type", "application/grpc");
        Field("user-agent", "kube-probe/1.34");
        Field("te", "trailers");
        return [.. block];

        // RFC 7541, 6.2.2: a literal field that is not indexed, with a new name.
        void Field(string name, string value)
        {
            block.Add(0);
            Text(name);
            Text(value);
        }

        // The length as an integer with a prefix of seven bits, no Huffman coding.
        void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            if (bytes.Length < 127)
            {
                block.Add((byte)bytes.Length);
            }
            else
            {
                block.Add(127);
                AddVariable(block, bytes.Length - 127);
            }

            block.AddRange(bytes);
        }
    }

    /// <summary>A HealthCheckRequest, whose field 1 is the service, behind gRPC's five bytes: not compressed, and the length.</summary>
    private byte[] RequestMessage()
    {
        var body = new List<byte>();
        if (service.Length > 0)
        {
            var bytes = Encoding.UTF8.GetBytes(service);
            body.Add(0x0a);
            AddVariable(body, bytes.Length);
            body.AddRange(bytes);
        }

        var framed = new byte[5 + body.Count];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), body.Count);
        body.CopyTo(framed, 5);
        return framed;
    }

    /// <summary>Seven bits a byte, the lowest first; the same in HPACK and in protocol buffers.</summary>
    private static void AddVariable(List<byte> target, int value)
    {
        for (; value >= 128; value >>= 7)
        {
            target.Add((byte)(value | 128));
        }

        target.Add((byte)value);
    }
}
