using System.Globalization;
using Peapod.Kernel.Terminals;

namespace Peapod.Image;

/// <summary>
/// What a user calls an image, in full: <c>busybox</c> is <c>docker.io/library/busybox:latest</c>, <c>localhost/busybox</c> is
/// <c>localhost/busybox:latest</c>; a digest, where there is one, decides and the tag is only a remark.
/// </summary>
public sealed record ImageReference
{
    private const int LongestName = 255;
    private const int LongestTag = 128;

    private ImageReference(string repository, string? tag, Digest? digest)
    {
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>Registry and path, <c>docker.io/library/busybox</c>.</summary>
    public string Repository { get; }

    /// <summary>Null only where there is a digest.</summary>
    public string? Tag { get; }

    public Digest? Digest { get; }

    /// <summary>The key of the reference table: repository and tag.</summary>
    public string Name => Tag is null ? $"{Repository}@{Digest}" : $"{Repository}:{Tag}";

    /// <exception cref="ImageException">The text is no reference; the message says which part and why.</exception>
    public static ImageReference Parse(string text) =>
        TryParse(text, out var reference, out var reason) ? reference! : throw new ImageException($"\"{Printable.Short(text)}\" is not an image reference: {reason}");

    public static bool TryParse(string text, out ImageReference? reference) => TryParse(text, out reference, out _);

    /// <summary>Whether a name says which registry it is of: its first part is a host's name. <c>nginx</c> and <c>team/nginx</c> do not.</summary>
    public static bool HasRegistry(string text) => text.IndexOf('/') is > 0 and var slash && IsRegistry(text[..slash]);

    /// <summary>Host and port of the registry.</summary>
    public string Registry => Repository[..Repository.IndexOf('/')];

    /// <summary>What the registry calls the repository: <c>library/busybox</c>.</summary>
    public string Path => Repository[(Repository.IndexOf('/') + 1)..];

    /// <summary>The same repository's image with this digest.</summary>
    public ImageReference WithDigest(Digest digest) => new(Repository, Tag, digest);

    /// <summary>The same repository's image with this tag.</summary>
    public ImageReference WithTag(string tag) => new(Repository, tag, null);

    public override string ToString() => Digest is null || Tag is null ? Name : $"{Name}@{Digest}";

    private static bool TryParse(string text, out ImageReference? reference, out string reason)
    {
        reference = null;
        var rest = text;
        Digest? digest = null;
        string? tag = null;

        if (rest.IndexOf('@') is >= 0 and var at)
        {
            if (!Image.Digest.TryParse(rest[(at + 1)..], out var parsed))
            {
                reason = "what follows the @ is not a digest (sha256: and 64 lower-case hexadecimal digits)";
                return false;
            }

            digest = parsed;
            rest = rest[..at];
        }

        // A colon before the last slash belongs to the registry's port.
        if (rest.LastIndexOf(':') is >= 0 and var colon && colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!IsTag(tag))
            {
                reason = $"the tag \"{Printable.Short(tag)}\" is not 1 to {LongestTag} letters, digits, '_', '.' or '-' beginning with a letter, digit or '_'";
                return false;
            }
        }

        if (rest.Length == 0)
        {
            reason = "it has no name";
            return false;
        }

        var parts = rest.Split('/');
        var named = parts.Length > 1 && IsRegistry(parts[0]);
        var registry = named ? parts[0] : "docker.io";
        var path = named ? parts[1..] : parts;
        if (named && !IsHost(registry))
        {
            reason = $"\"{Printable.Short(registry)}\" is not a registry's host name and port";
            return false;
        }

        foreach (var part in path)
        {
            if (!IsPathComponent(part))
            {
                reason = $"\"{Printable.Short(part)}\" is not a part of a name (lower-case letters and digits, joined by one '.', one or two '_', or '-')";
                return false;
            }
        }

        if (registry is "index.docker.io")
        {
            registry = "docker.io";
        }

        if (registry is "docker.io" && path.Length == 1)
        {
            path = ["library", .. path];
        }

        var repository = $"{registry}/{string.Join('/', path)}";
        if (repository.Length > LongestName)
        {
            reason = $"its name in full is longer than {LongestName} characters";
            return false;
        }

        reason = "";
        reference = new(repository, tag ?? (digest is null ? "latest" : null), digest);
        return true;
    }

    private static bool IsRegistry(string part) => part is "localhost" || part.AsSpan().IndexOfAny('.', ':') >= 0 || part.Any(char.IsAsciiLetterUpper);

    private static bool IsHost(string host)
    {
        var colon = host.StartsWith('[') ? host.IndexOf(':', Math.Max(host.IndexOf(']'), 0)) : host.IndexOf(':');
        var port = colon < 0 ? null : host[(colon + 1)..];
        var name = colon < 0 ? host : host[..colon];
        if (port is not null && !IsPort(port))
        {
            return false;
        }

        if (name.StartsWith('['))
        {
            return name.EndsWith(']') && name.Length > 2 && name[1..^1].All(c => char.IsAsciiHexDigit(c) || c is ':' or '.');
        }

        return name.Split('.').All(label => label.Length > 0 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && label[0] != '-' && label[^1] != '-');
    }

    private static bool IsPort(string port) =>
        port.All(char.IsAsciiDigit) && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    private static bool IsTag(string tag) => tag.Length is > 0 and <= LongestTag && tag[0] is not ('.' or '-')
        && tag.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool IsPathComponent(string part)
    {
        if (part.Length == 0 || !IsAlphanumeric(part[0]) || !IsAlphanumeric(part[^1]))
        {
            return false;
        }

        for (var i = 1; i < part.Length; i++)
        {
            if (IsAlphanumeric(part[i]))
            {
                continue;
            }

            var start = i;
            while (part[i + 1] == part[start])
            {
                i++;
            }

            var length = i - start + 1;
            var joined = part[start] switch { '.' => length == 1, '_' => length <= 2, '-' => true, _ => false };
            if (!joined || !IsAlphanumeric(part[i + 1]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsAlphanumeric(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
