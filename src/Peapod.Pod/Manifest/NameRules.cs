using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Peapod.Pod.Manifest;

/// <summary>Kubernetes' rules for names. Each returns what is wrong in the API server's words, or null.</summary>
internal static class NameRules
{
    private const string LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string QualifiedPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

    public static string? Dns1123Label(string name) =>
        name.Length > 63 ? TooLong(63)
        : IsDnsLabel(name) ? null
        : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '" + LabelPattern + "')";

    public static string? Dns1123Subdomain(string name) =>
        name.Length > 253 ? TooLong(253)
        : name.Split('.').All(IsDnsLabel) ? null
        : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '" + LabelPattern + "(\\." + LabelPattern + ")*')";

    /// <summary>The key of a label or annotation: <c>[PREFIX/]NAME</c>.</summary>
    public static string? QualifiedName(string key)
    {
        var parts = key.Split('/');
        var name = parts[^1];
        if (parts.Length > 2)
        {
            return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        }

        if (parts.Length == 2 && (parts[0].Length == 0 || Dns1123Subdomain(parts[0]) is not null))
        {
            return parts[0].Length == 0 ? "prefix part must be non-empty" : "prefix part " + Dns1123Subdomain(parts[0]);
        }

        return name.Length == 0 ? "name part must be non-empty"
            : name.Length > 63 ? "name part " + TooLong(63)
            : IsQualified(name) ? null
            : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" + QualifiedPattern + "')";
    }

    public static string? LabelValue(string value) =>
        value.Length == 0 ? null
        : value.Length > 63 ? TooLong(63)
        : IsQualified(value) ? null
        : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(" + QualifiedPattern + ")?')";

    /// <summary>A search domain: a subdomain, in which a label may begin with <c>_</c>; a dot at the end is left aside.</summary>
    public static string? SearchDomain(string name)
    {
        const string label = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
        name = name.EndsWith('.') ? name[..^1] : name;
        return name.Length > 253 ? TooLong(253)
            : name.Split('.').All(static part => IsDnsLabel((part.StartsWith('_') ? part[1..] : part).Replace('_', '-')) && !part.EndsWith('_')) ? null
            : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '" + label + "(\\." + label + ")*')";
    }

    public static string? HttpHeaderName(string name) =>
        name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? null
            : "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

    /// <summary>A kernel parameter with dots or slashes between its parts.</summary>
    public static string? Sysctl(string name)
    {
        const string segment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
        return name.Length <= 253 && name.Split('.', '/').All(static part => IsDnsLabel(part.Replace('_', '-')))
            ? null
            : "must have at most 253 characters and match regex ^(" + segment + "[\\./])*" + segment + "$";
    }

    public static string? IPAddress(string text) =>
        Address(text) is null ? "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)" : null;

    /// <summary>
    /// The address, of four decimal numbers or with colons; null for all other forms that C libraries take. Zeros before a number mean nothing to
    /// the API server, where the C library would take it for an octal one.
    /// </summary>
    public static IPAddress? Address(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return text.AsSpan().IndexOfAny("[%/") < 0 && System.Net.IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? address : null;
        }

        var parts = text.Split('.');
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts.Length != bytes.Length || !byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return null;
            }
        }

        return new IPAddress(bytes);
    }

    /// <summary>An image's name, as far as a manifest can tell.</summary>
    public static string? Image(string image) =>
        image.Length != image.Trim().Length ? "must not have leading or trailing whitespace" : null;

    /// <summary>RFC 6335: at most 15 characters, at least one of them a letter.</summary>
    public static string? PortName(string name) =>
        name.Length > 15 ? TooLong(15)
        : name.Length == 0 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') ? "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        : !name.Any(char.IsAsciiLetterLower) ? "must contain at least one letter (a-z)"
        : name.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens"
        : name[0] == '-' || name[^1] == '-' ? "must not begin or end with a hyphen"
        : null;

    public static string? EnvVarName(string name) =>
        name.All(c => c is >= ' ' and <= '~' and not '=')
            ? null
            : "a valid environment variable name must consist only of printable ASCII characters other than '='";

    /// <summary>The key of a ConfigMap or a Secret, which is a file's name too.</summary>
    public static string? ConfigMapKey(string key) =>
        key.Length > 253 ? TooLong(253)
        : key.Length == 0 || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        : key is "." ? "must not be '.'"
        : key is ".." ? "must not be '..'"
        : key.StartsWith("..", StringComparison.Ordinal) ? "must not start with '..'"
        : null;

    private static string TooLong(int most) => $"must be no more than {most} characters";

    private static bool IsDnsLabel(string label) =>
        label.Length > 0
        && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && label[0] != '-'
        && label[^1] != '-';

    private static bool IsQualified(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        && char.IsAsciiLetterOrDigit(name[0])
        && char.IsAsciiLetterOrDigit(name[^1]);
}
