using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Peapod.HostTests.Registry;

/// <summary>
/// A registry on loopback that serves the images of a layout, and breaks each rule a test wants broken: its own HTTP, so that it can cut, stall and lie
/// at any byte. Remembers what it was asked.
/// </summary>
internal sealed class HostileRegistry : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<Exchange> asked = [];
    private readonly ConcurrentDictionary<TcpClient, byte> open = [];
    private readonly CancellationTokenSource ended = new();

    internal HostileRegistry(string layout)
    {
        Layout = layout;
        listener.Start();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    internal string Layout { get; }

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Host and port.</summary>
    internal string Address => $"127.0.0.1:{Port}";

    /// <summary>The name of the image in it.</summary>
    internal string Name => $"{Address}/team/app:1";

    /// <summary>Answers in place of the honest answer, unless it returns false.</summary>
    internal Func<Exchange, bool>? Fault { get; set; }

    /// <summary>What it was asked, without the pings.</summary>
    internal IReadOnlyList<Exchange> Asked => [.. asked.Where(static exchange => exchange.Path != "/v2/")];

    internal IEnumerable<Exchange> Blobs => Asked.Where(static exchange => exchange.Path.Contains("/blobs/", StringComparison.Ordinal));

    /// <summary>Waits until it is over.</summary>
    internal void StallForEver() => ended.Token.WaitHandle.WaitOne();

    public void Dispose()
    {
        ended.Cancel();
        listener.Stop();
        foreach (var client in open.Keys)
        {
            client.Close();
        }
    }

    private void Accept()
    {
        while (!ended.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = listener.AcceptTcpClient();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            open[client] = 0;
            new Thread(() => Serve(client)) { IsBackground = true }.Start();
        }
    }

    private void Serve(TcpClient client)
    {
        try
        {
            using var stream = client.GetStream();
            while (Exchange.Read(stream) is { } exchange)
            {
                asked.Enqueue(exchange);
                if (Fault?.Invoke(exchange) != true)
                {
                    Answer(exchange);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The other side has gone, or the fault was to go.
        }
        finally
        {
            open.TryRemove(client, out _);
            client.Close();
        }
    }

    internal void Answer(Exchange exchange)
    {
        var parts = exchange.Path.Split('/');
        if (exchange.Path == "/v2/")
        {
            exchange.Send(200, "{}"u8.ToArray());
        }
        else if (parts.Contains("manifests"))
        {
            var entry = JsonNode.Parse(File.ReadAllText($"{Layout}/index.json"))!["manifests"]![0]!;
            var digest = parts[^1].StartsWith("sha256:", StringComparison.Ordinal) ? parts[^1] : (string)entry["digest"]!;
            var content = File.ReadAllBytes($"{Layout}/blobs/sha256/{digest[7..]}");
            var type = (string?)JsonNode.Parse(content)!["mediaType"] ?? (string)entry["mediaType"]!;
            exchange.Send(200, content, $"Content-Type: {type}", $"Docker-Content-Digest: {digest}");
        }
        else if (parts.Contains("blobs") && File.Exists($"{Layout}/blobs/sha256/{parts[^1][7..]}"))
        {
            var content = File.ReadAllBytes($"{Layout}/blobs/sha256/{parts[^1][7..]}");
            if (exchange.From is { } from)
            {
                exchange.Send(206, content[from..], $"Content-Range: bytes {from}-{content.Length - 1}/{content.Length}");
            }
            else
            {
                exchange.Send(200, content);
            }
        }
        else
        {
            exchange.Send(404, """{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}"""u8.ToArray());
        }
    }
}

/// <summary>One request, and the way to answer it.</summary>
internal sealed class Exchange(NetworkStream stream, string method, string target, IReadOnlyDictionary<string, string> headers, string body)
{
    internal string Method => method;

    internal string Path => target.Split('?')[0];

    internal string Query => target.Contains('?') ? Uri.UnescapeDataString(target[(target.IndexOf('?') + 1)..]) : "";

    internal string Body => body;

    internal string? Authorization => headers.GetValueOrDefault("authorization");

    /// <summary>Where a wanted range begins.</summary>
    internal int? From => headers.GetValueOrDefault("range") is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-')) : null;

    internal bool IsBlob => Path.Contains("/blobs/", StringComparison.Ordinal);

    internal bool IsManifest => Path.Contains("/manifests/", StringComparison.Ordinal);

    internal static Exchange? Read(NetworkStream stream)
    {
        if (ReadLine(stream) is not { Length: > 0 } first || first.Split(' ') is not [var method, var target, _])
        {
            return null;
        }

        var headers = new Dictionary<string, string>();
        while (ReadLine(stream) is { Length: > 0 } line)
        {
            headers[line[..line.IndexOf(':')].ToLowerInvariant()] = line[(line.IndexOf(':') + 1)..].Trim();
        }

        var body = new byte[int.Parse(headers.GetValueOrDefault("content-length") ?? "0")];
        stream.ReadExactly(body);
        return new(stream, method, target, headers, Encoding.UTF8.GetString(body));
    }

    internal void Send(int status, byte[] content, params string[] more)
    {
        Head(status, content.Length, more);
        if (method != "HEAD")
        {
            stream.Write(content);
        }
    }

    internal void Head(int status, long length, params string[] more) =>
        stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{string.Concat(more.Select(static line => line + "\r\n"))}\r\n"));

    internal void Raw(byte[] bytes) => stream.Write(bytes);

    /// <summary>Cuts the connection.</summary>
    internal void Cut() => stream.Socket.Close();

    private static string? ReadLine(NetworkStream stream)
    {
        var line = new StringBuilder();
        for (int c; (c = stream.ReadByte()) != '\n';)
        {
            if (c < 0)
            {
                return null;
            }

            line.Append((char)c);
        }

        return line.ToString().TrimEnd('\r');
    }
}
