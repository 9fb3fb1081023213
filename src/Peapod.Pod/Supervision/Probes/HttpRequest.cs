using System.Globalization;
using System.Text;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>What the API server lets a manifest ask for, made into what can be sent; as Go's net/url and net/http do it for the kubelet.</summary>
internal static class HttpRequest
{
    /// <exception cref="PodException">It would break the request up.</exception>
    internal static void Check(HttpGetAction action)
    {
        if (action.Host?.Any(static c => c <= ' ' || c == '\x7f') == true)
        {
            throw new PodException("invalid character in host name");
        }

        foreach (var header in action.HttpHeaders)
        {
            if (header.Value.Any(static c => c is (< ' ' and not '\t') or '\x7f'))
            {
                throw new PodException($"net/http: invalid header field value for \"{header.Name}\"");
            }
        }
    }

    /// <summary>Any text as the target of a request. What is no path with a query is a path as a whole.</summary>
    internal static string PathOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "/";
        }

        var path = text.StartsWith('/') ? text : $"/{text}";
        var isUrl = !path.Any(static c => c is < ' ' or '\x7f') && HasGoodEscapes(path);
        if (isUrl && path.IndexOf('#', StringComparison.Ordinal) is >= 0 and var fragment)
        {
            path = path[..fragment];
        }

        var target = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(path))
        {
            var c = (char)octet;
            if (c is > ' ' and < '\x7f' && !"\"<>\\^`{|}#".Contains(c, StringComparison.Ordinal) && (isUrl || c is not ('%' or '?')))
            {
                target.Append(c);
            }
            else
            {
                target.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }

        return target.ToString();
    }

    private static bool HasGoodEscapes(string path)
    {
        for (var i = path.IndexOf('%', StringComparison.Ordinal); i >= 0; i = path.IndexOf('%', i + 1))
        {
            if (i + 2 >= path.Length || !char.IsAsciiHexDigit(path[i + 1]) || !char.IsAsciiHexDigit(path[i + 2]))
            {
                return false;
            }
        }

        return true;
    }
}
