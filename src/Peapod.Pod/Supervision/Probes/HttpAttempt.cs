using System.Globalization;
using System.Net;
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
    private readonly IPAddress address;
    private readonly IReadOnlyList<HttpHeader> headers;
    private readonly string host;
    private readonly List<byte> head = [];
    private bool secure;
    private int port;
    private string path;
    private int redirections;

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
        path = action.Path is { Length: > 0 } given ? given.StartsWith('/') ? given : $"/{given}" : "/";
        Connect(address, port, secure ? host : null);
    }

    protected override AttemptResult? Connected()
    {
        Send(Encoding.UTF8.GetBytes(Request(path, Authority, headers)));
        return null;
    }

    protected override AttemptResult? Received(ReadOnlySpan<byte> data)
    {
        head.AddRange(data);
        var text = Encoding.Latin1.GetString([.. head]);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return head.Count > LongestHead ? Failed("net/http: server response headers exceeded 65536 bytes") : null;
        }

        return Answer(text[..end]);
    }

    protected override AttemptResult Closed() => head.Count == 0 ? Failed("EOF") : Answer(Encoding.Latin1.GetString([.. head])) ?? Failed("EOF");

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
            return Failed($"net/http: malformed HTTP response \"{answer.Split('\r')[0]}\"");
        }

        if (status is 301 or 302 or 303 or 307 or 308 && LocationOf(answer) is { } location && Target(location) is var (sameHost, newSecure, newPort, newPath) && sameHost)
        {
            if (++redirections > MostRedirections)
            {
                return Failed("stopped after 10 redirects");
            }

            (secure, port, path) = (newSecure, newPort, newPath);
            head.Clear();
            Connect(address, port, secure ? host : null);
            return null;
        }

        return new(status is >= 200 and < 400, $"HTTP probe failed with statuscode: {status}");
    }

    /// <summary>The number of <c>HTTP/1.1 200 OK</c>.</summary>
    internal static int? StatusOf(string head) =>
        head.StartsWith("HTTP/", StringComparison.Ordinal) && head.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space
        && head.Length >= space + 4 && int.TryParse(head.AsSpan(space + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : null;

    internal static string? LocationOf(string head)
    {
        foreach (var line in head.Split("\r\n"))
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
        return hasPort && !int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number) ? null
            : (string.Equals(name, host, StringComparison.OrdinalIgnoreCase), through, number, slash < 0 ? "/" : rest[slash..]);
    }
}
