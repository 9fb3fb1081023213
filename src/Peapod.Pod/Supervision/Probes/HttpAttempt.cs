using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>
/// A GET as the kubelet does one: an answer from 200 to 399 is good. A redirection on the same host is followed, ten times at most;
/// one to another host is an answer like any other. RFC 9112; only the head of the answer is read.
/// </summary>
internal sealed class HttpAttempt : StreamAttempt
{
    private const int LongestHead = 64 << 10;
    private const int MostRedirections = 10;

    /// <summary>Characters of a server's line that an event quotes.</summary>
    private const int LongestQuote = 256;

    private readonly IPAddress address;
    private readonly IReadOnlyList<HttpHeader> headers;
    private readonly string host;
    private readonly List<byte> head = [];
    private bool secure;
    private int port;
    private string path;
    private int redirections;

    /// <summary>Bytes of heads that were no answer yet.</summary>
    private int interim;

    /// <param name="address">Where to connect to.</param>
    /// <param name="host">Its name, or the address again.</param>
    /// <param name="port">The port.</param>
    /// <param name="action">What to ask for.</param>
    internal HttpAttempt(IPAddress address, string host, int port, HttpGetAction action)
    {
        this.address = address;
        this.host = host;
        this.port = port;
        secure = action.Scheme == UriScheme.Https;
        headers = action.HttpHeaders;
        path = HttpRequest.PathOf(action.Path);
        Connect(address, port, secure ? host : null);
    }

    protected override AttemptResult? Connected()
    {
        Send(Encoding.UTF8.GetBytes(Request(path, Authority, headers)));
        return null;
    }

    protected override AttemptResult? Received(ReadOnlySpan<byte> data)
    {
        // Only what is new is searched for the end: a server may send its head byte by byte.
        var from = Math.Max(0, head.Count - 3);
        head.AddRange(data);
        int length;
        while ((length = EndOfHead(CollectionsMarshal.AsSpan(head), from)) > 0)
        {
            var text = Encoding.Latin1.GetString(CollectionsMarshal.AsSpan(head)[..length]);
            if (StatusOf(text) is not (>= 100 and < 200 and not 101))
            {
                return Answer(text);
            }

            // 100 Continue and its like come before the answer.
            interim += length;
            from = 0;
            head.RemoveRange(0, length);
        }

        return interim + head.Count > LongestHead ? Failed($"net/http: server response headers exceeded {LongestHead} bytes; aborted") : null;
    }

    protected override AttemptResult Closed() => head.Count == 0 ? Failed("EOF") : Failed(StatusOf(Encoding.Latin1.GetString([.. head])) is null ? Malformed(Encoding.Latin1.GetString([.. head])) : "unexpected EOF");

    protected override string LateAnswer => "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

    protected override AttemptResult Failed(string why) => new(false, $"Get \"http{(secure ? "s" : "")}://{Authority}{path}\": {why}");

    private string Authority => $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}";

    /// <summary>The request, with the headers of the manifest over the kubelet's; a header without a value takes its own away.</summary>
    internal static string Request(string path, string authority, IReadOnlyList<HttpHeader> headers)
    {
        var (named, agent, accept) = (authority, "kube-probe/1.34", "*/*");
        var others = new StringBuilder();
        foreach (var header in headers)
        {
            switch (header.Name.ToUpperInvariant())
            {
                case "HOST":
                    named = header.Value;
                    break;
                case "USER-AGENT":
                    agent = header.Value;
                    break;
                case "ACCEPT":
                    accept = header.Value;
                    break;
                default:
                    others.Append(CultureInfo.InvariantCulture, $"{header.Name}: {header.Value}\r\n");
                    break;
            }
        }

        return $"GET {path} HTTP/1.1\r\nHost: {named}\r\n"
            + (agent.Length > 0 ? $"User-Agent: {agent}\r\n" : "")
            + (accept.Length > 0 ? $"Accept: {accept}\r\n" : "")
            + $"{others}Connection: close\r\n\r\n";
    }

    private AttemptResult? Answer(string answer)
    {
        if (StatusOf(answer) is not { } status)
        {
            return Failed(Malformed(answer));
        }

        if (MalformedLineOf(answer) is { } line)
        {
            return Failed($"net/http: HTTP/1.x transport connection broken: malformed MIME header line: {Shortened(line)}");
        }

        var location = status is 301 or 302 or 303 or 307 or 308 ? LocationOf(answer) : null;
        if (location?.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0)
        {
            return Failed("failed to parse Location header: net/url: invalid control character in URL");
        }

        if (location is not null && Target(location) is var (sameHost, newSecure, newPort, newPath) && sameHost)
        {
            if (++redirections > MostRedirections)
            {
                return Failed("stopped after 10 redirects");
            }

            if (newPort is < 1 or > ushort.MaxValue)
            {
                return Failed($"dial tcp: address {newPort}: invalid port");
            }

            (secure, port, path, interim) = (newSecure, newPort, newPath, 0);
            head.Clear();
            Connect(address, port, secure ? host : null);
            return null;
        }

        return new(status is >= 200 and < 400, $"HTTP probe failed with statuscode: {status}");
    }

    private static string Malformed(string answer) => $"net/http: HTTP/1.x transport connection broken: malformed HTTP response \"{Shortened(answer.AsSpan(0, LineEnd(answer)).ToString())}\"";

    private static string Shortened(string line) => line.Length <= LongestQuote ? line : $"{line[..LongestQuote]}...";

    private static int LineEnd(string text) => text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? end : text.Length;

    /// <summary>The length of a head with the empty line that ends it; lines may end with LF alone, as for Go. 0 while it is not whole.</summary>
    internal static int EndOfHead(ReadOnlySpan<byte> head, int from)
    {
        for (var i = from; i < head.Length; i++)
        {
            if (head[i] != '\n')
            {
                continue;
            }

            if (i + 1 < head.Length && head[i + 1] == '\n')
            {
                return i + 2;
            }

            if (i + 2 < head.Length && head[i + 1] == '\r' && head[i + 2] == '\n')
            {
                return i + 3;
            }
        }

        return 0;
    }

    /// <summary>The number of <c>HTTP/1.1 200 OK</c>; null when the line is none such.</summary>
    internal static int? StatusOf(string head)
    {
        var line = head.AsSpan(0, LineEnd(head));
        return line.Length >= 12 && line.StartsWith("HTTP/", StringComparison.Ordinal) && char.IsAsciiDigit(line[5]) && line[6] == '.' && char.IsAsciiDigit(line[7]) && line[8] == ' '
            && (line.Length == 12 || line[12] == ' ') && int.TryParse(line.Slice(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : null;
    }

    /// <summary>A header line without a colon, which goes on with none before; null for none.</summary>
    private static string? MalformedLineOf(string head)
    {
        var lines = head.Split('\n');
        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            var goesOn = i > 1 && line.Length > 0 && line[0] is ' ' or '\t';
            if (line.Length > 0 && !goesOn && line.IndexOf(':', StringComparison.Ordinal) < 0)
            {
                return line;
            }
        }

        return null;
    }

    internal static string? LocationOf(string head)
    {
        foreach (var line in head.Split('\n'))
        {
            if (line.StartsWith("location:", StringComparison.OrdinalIgnoreCase))
            {
                return line["location:".Length..].Trim();
            }
        }

        return null;
    }

    /// <summary>Where a redirection leads; null when it is not understood.</summary>
    private (bool SameHost, bool Secure, int Port, string Path)? Target(string location)
    {
        var tls = location.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        var start = tls ? 8 : location.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : location.StartsWith("//", StringComparison.Ordinal) ? 2 : 0;
        if (start == 0)
        {
            return location.Contains("://", StringComparison.Ordinal) ? null
                : (true, secure, port, location.StartsWith('/') ? location : $"{path[..(path.LastIndexOf('/') + 1)]}{location}");
        }

        var rest = location[start..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var colon = authority.LastIndexOf(':');
        var hasPort = colon > authority.LastIndexOf(']');
        var name = (hasPort ? authority[..colon] : authority).Trim('[', ']');
        var through = start == 2 ? secure : tls;
        var number = through ? 443 : 80;
        if (hasPort && colon + 1 < authority.Length && !int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            number = -1;
        }

        return (string.Equals(name, host, StringComparison.OrdinalIgnoreCase), through, number, slash < 0 ? "/" : rest[slash..]);
    }
}
