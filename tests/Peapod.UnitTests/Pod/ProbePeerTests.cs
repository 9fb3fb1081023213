using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Peapod.Kernel.Interop;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Probes;

namespace Peapod.UnitTests.Pod;

/// <summary>Servers that answer a probe with anything but what they should: none ends or blocks who asks, or grows its memory.</summary>
public sealed class ProbePeerTests : IDisposable
{
    private const int Port = 1;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private int connections;

    public ProbePeerTests() => listener.Start();

    public void Dispose() => listener.Dispose();

    private int ListenPort => ((IPEndPoint)listener.LocalEndpoint).Port;

    public static readonly TheoryData<string, string> HttpAnswers = new()
    {
        { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:99999/\r\n\r\n", "dial tcp: address 99999: invalid port" },
        { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:0/\r\n\r\n", "dial tcp: address 0: invalid port" },
        { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:99999999999999999999/\r\n\r\n", "invalid port" },
        { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:-1/\r\n\r\n", "invalid port" },
        { "HTTP/1.1 302 Found\r\nLocation: /\u0001\r\n\r\n", "invalid control character in URL" },
        { "HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n", "stopped after 10 redirects" },
        { "HTTP/1.1 2000 OK\r\n\r\n", "malformed HTTP response \"HTTP/1.1 2000 OK\"" },
        { "HTTP/1.1 -20 OK\r\n\r\n", "malformed HTTP response" },
        { "HTTP/11 200 OK\r\n\r\n", "malformed HTTP response" },
        { "\r\n\r\n", "malformed HTTP response" },
        { "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "malformed MIME header line: no colon" },
        { "HTTP/1.1 200 OK\r\nA: b", "unexpected EOF" },
        { "", "EOF" },
        { "HTTP/1.1 101 Switching Protocols\r\n\r\n", "statuscode: 101" },
    };

    [Theory]
    [MemberData(nameof(HttpAnswers))]
    public void An_http_answer_that_is_none_is_a_failure(string answer, string why)
    {
        Serve(stream => stream.Write(Encoding.Latin1.GetBytes(answer)));

        var result = Ask(Http());

        Assert.False(result.Good);
        Assert.Contains(why, result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\n\n")]
    [InlineData("HTTP/1.0 200\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n")]
    public void An_http_answer_that_Go_takes_is_taken(string answer)
    {
        Serve(stream => stream.Write(Encoding.Latin1.GetBytes(answer)));

        Assert.Equal(new(true, "HTTP probe failed with statuscode: " + answer.TrimEnd().Split("HTTP/")[^1].AsSpan(4, 3).ToString()), Ask(Http()));
    }

    [Fact]
    public void Headers_without_end_are_a_failure()
    {
        Serve(static stream =>
        {
            stream.Write("HTTP/1.1 200 OK\r\n"u8);
            while (true)
            {
                stream.Write("X-Header: with some text that goes on and on\r\n"u8);
            }
        });

        Assert.Contains("server response headers exceeded 65536 bytes", Ask(Http()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Interim_answers_without_end_are_a_failure()
    {
        Serve(static stream =>
        {
            while (true)
            {
                stream.Write("HTTP/1.1 100 Continue\r\n\r\n"u8);
            }
        });

        Assert.Contains("server response headers exceeded 65536 bytes", Ask(Http()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_turn_ends_while_the_server_goes_on_sending()
    {
        Serve(static stream =>
        {
            stream.Write(Frame(4, 0, 0));
            while (true)
            {
                stream.Write(Frame(8, 0, 1, 0, 0, 0, 1));
            }
        });
        using var attempt = new GrpcAttempt(IPAddress.Loopback, ListenPort, null);
        for (var until = Environment.TickCount64 + 500; Environment.TickCount64 < until;)
        {
            var turn = System.Diagnostics.Stopwatch.StartNew();
            Assert.Null(attempt.Advance(0, NullLogger.Instance));
            Assert.InRange(turn.ElapsedMilliseconds, 0, 2000);
        }
    }

    public static readonly TheoryData<byte[], string> GrpcAnswers = new()
    {
        { Frame(0, 8 | 1, 1), "the padding is longer than its frame" },
        { Frame(0, 8 | 1, 1, 1), "the padding is longer than its frame" },
        { Frame(0, 8 | 1, 1, 255, 0), "the padding is longer than its frame" },
        { Frame(0, 8 | 1, 1, 0), "no answer" },
        { Frame(0, 1, 1), "no answer" },
        { Frame(0, 8 | 1, 1, 2, 0, 0, 0, 0, 2, 8, 2, 0, 0), "NOT_SERVING" },
        { Frame(4, 0, 0, 1), "FRAME_SIZE_ERROR" },
        { Frame(6, 0, 0, 1, 2, 3), "FRAME_SIZE_ERROR" },
        { Frame(3, 0, 1, 0, 0, 0, 8), "the server has reset the stream" },
        { Frame(3, 0, 1), "FRAME_SIZE_ERROR" },
        { Frame(7, 0, 0), "GOAWAY" },
        { [255, 255, 255, 0, 0, 0, 0, 0, 1], "frame too large" },
        { "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), "frame too large" },
        { Frame(1, 1, 1), "no answer" },
        { [], "connection closed" },
    };

    [Theory]
    [MemberData(nameof(GrpcAnswers))]
    public void A_grpc_answer_that_is_none_is_a_failure(byte[] answer, string why)
    {
        Serve(stream => stream.Write(answer));

        var result = Ask(new GrpcAttempt(IPAddress.Loopback, ListenPort, "service"));

        Assert.False(result.Good);
        Assert.Contains(why, result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_padded_grpc_answer_is_read()
    {
        Serve(static stream => stream.Write(Frame(0, 8 | 1, 1, 2, 0, 0, 0, 0, 2, 8, 1, 0, 0)));

        Assert.True(Ask(new GrpcAttempt(IPAddress.Loopback, ListenPort, null)).Good);
    }

    [Fact]
    public void A_grpc_message_without_end_is_a_failure()
    {
        Serve(static stream =>
        {
            while (true)
            {
                stream.Write(Frame(0, 0, 1, new byte[10_000]));
            }
        });

        Assert.Contains("received message larger than max", Ask(new GrpcAttempt(IPAddress.Loopback, ListenPort, null)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_asks_for_answers_and_reads_none_is_a_failure()
    {
        Serve(static stream =>
        {
            var many = Enumerable.Repeat(Frame(6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8), 1000).SelectMany(static frame => frame).ToArray();
            while (true)
            {
                stream.Write(many);
            }
        });

        Assert.Contains("asks for answers that it does not read", Ask(new GrpcAttempt(IPAddress.Loopback, ListenPort, null)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_end_an_attempt_and_nothing_else()
    {
        var random = new Random(17);
        byte[][] beginnings = ["HTTP/1.1 302 x\r\nLocation: "u8.ToArray(), "HTTP/1.1 200 OK\r\n"u8.ToArray(), [], Frame(4, 0, 0)];
        Serve(stream =>
        {
            lock (random)
            {
                stream.Write(beginnings[random.Next(beginnings.Length)]);
                for (var i = random.Next(4); i >= 0; i--)
                {
                    var bytes = new byte[random.Next(200)];
                    random.NextBytes(bytes);
                    stream.Write(random.Next(2) == 0 ? bytes : Frame((byte)random.Next(11), (byte)random.Next(256), random.Next(3), bytes));
                }
            }
        });

        for (var round = 0; round < 400; round++)
        {
            var detail = Ask(round % 2 == 0 ? Http() : new GrpcAttempt(IPAddress.Loopback, ListenPort, null)).Detail;
            Assert.DoesNotContain("internal error", detail, StringComparison.Ordinal);
        }

        Assert.InRange(connections, 400, 6000);
    }

    [Theory]
    [InlineData(new byte[] { 0x08, 0x81, 0x00 }, 1)]
    [InlineData(new byte[] { 0x12, 0x02, 0xff, 0xff, 0x08, 0x02 }, 2)]
    [InlineData(new byte[] { 0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x08, 0x02 }, 0)]
    [InlineData(new byte[] { 0x08 }, 0)]
    [InlineData(new byte[] { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 0)]
    [InlineData(new byte[] { 0x0f, 0x08, 0x01 }, 0)]
    public void A_health_answer_is_read_past_fields_that_are_not_known(byte[] answer, int status) => Assert.Equal(status, GrpcAttempt.StatusOf(answer));

    private static byte[] Frame(byte type, byte flags, int stream, params byte[] payload) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, (byte)stream, .. payload];

    private HttpAttempt Http() => new(IPAddress.Loopback, "127.0.0.1", ListenPort, new HttpGetAction { Port = new(Port, null) });

    /// <summary>Answers each connection, then closes its side and reads what there is, so that nothing is lost to a reset.</summary>
    private void Serve(Action<NetworkStream> answer) => _ = Task.Run(async () =>
    {
        while (true)
        {
            var client = await listener.AcceptTcpClientAsync();
            connections++;
            _ = Task.Run(() =>
            {
                using (client)
                {
                    try
                    {
                        answer(client.GetStream());
                        client.Client.Shutdown(SocketShutdown.Send);
                        while (client.GetStream().Read(new byte[4096]) > 0)
                        {
                        }
                    }
                    catch (IOException)
                    {
                        // It has heard enough.
                    }
                }
            });
        }
    });

    private static unsafe AttemptResult Ask(Attempt attempt)
    {
        using (attempt)
        {
            var entries = new List<PollFd>();
            for (var end = Environment.TickCount64 + 20_000; Environment.TickCount64 < end;)
            {
                if (attempt.Advance(0, NullLogger.Instance) is { } result)
                {
                    return result;
                }

                entries.Clear();
                attempt.AddTo(entries);
                fixed (PollFd* first = entries.ToArray())
                {
                    _ = Libc.poll(first, (nuint)entries.Count, 100);
                }
            }
        }

        throw new TimeoutException("no result in 20 seconds");
    }
}
