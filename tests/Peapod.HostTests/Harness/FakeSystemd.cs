using System.Net.Sockets;
using System.Text;
using Peapod.Container.DBus;

namespace Peapod.HostTests.Harness;

/// <summary>Speaks D-Bus as systemd does on its own socket, and answers what the test says, on one connection.</summary>
internal sealed class FakeSystemd : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<DBusMessage, IEnumerable<DBusMessage>> answer;
    private readonly Task service;

    /// <param name="answer">The messages that follow a call; their serials are set here.</param>
    internal FakeSystemd(Func<DBusMessage, IEnumerable<DBusMessage>> answer)
    {
        this.answer = answer;
        Folder = Directory.CreateTempSubdirectory("peapod-systemd-").FullName;
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
        service = Task.Run(Serve);
    }

    internal string Path => $"{Folder}/private";

    /// <summary>What was called, as "Member(arguments)".</summary>
    internal List<string> Calls { get; } = [];

    /// <summary>The connection's first line.</summary>
    internal string Greeting { get; private set; } = "";

    private string Folder { get; }

    internal static DBusMessage Return(DBusMessage call, string signature = "", params object[] body) =>
        new(DBusMessageType.Return) { ReplySerial = call.Serial, Signature = signature, Body = body };

    internal static DBusMessage Error(DBusMessage call, string name, string text) =>
        new(DBusMessageType.Error) { ReplySerial = call.Serial, ErrorName = name, Signature = "s", Body = [text] };

    internal static DBusMessage JobRemoved(string job, string unit, string result) => new(DBusMessageType.Signal)
    {
        Path = "/org/freedesktop/systemd1", Interface = "org.freedesktop.systemd1.Manager", Member = "JobRemoved", Signature = "uoss", Body = [1u, job, unit, result],
    };

    public void Dispose()
    {
        Assert.True(service.Wait(10_000), "the connection is closed");
        listener.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Serve()
    {
        using var connection = listener.Accept();
        using var stream = new NetworkStream(connection);
        Converse(stream);
    }

    private void Converse(NetworkStream stream)
    {
        Assert.Equal(0, stream.ReadByte());
        Greeting = Line(stream);
        Assert.Equal("BEGIN", Line(stream));
        stream.Write("OK 0123456789abcdef0123456789abcdef\r\n"u8);
        var header = new byte[DBusMessage.FixedSize];
        uint serial = 0;
        while (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length)
        {
            var bytes = new byte[DBusMessage.SizeOf(header)];
            header.CopyTo(bytes, 0);
            stream.ReadExactly(bytes.AsSpan(header.Length));
            var call = DBusMessage.Decode(bytes);
            Calls.Add($"{call.Member}({string.Join(", ", call.Body.Select(Text))})");
            foreach (var message in answer(call))
            {
                stream.Write((message with { Serial = ++serial }).Encode());
            }
        }
    }

    private static string Text(object value) => value is object[] items ? $"[{string.Join(", ", items.Select(Text))}]" : value.ToString()!;

    private static string Line(NetworkStream stream)
    {
        var line = new StringBuilder();
        for (var next = stream.ReadByte(); next != '\n'; next = stream.ReadByte())
        {
            line.Append((char)next);
        }

        return line.ToString().TrimEnd('\r');
    }
}
