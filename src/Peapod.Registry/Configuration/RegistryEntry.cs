using Peapod.Image;

namespace Peapod.Registry.Configuration;

/// <summary>One <c>[[registry]]</c> of registries.conf. See containers-registries.conf(5).</summary>
internal sealed record RegistryEntry
{
    /// <summary>What names must begin with: host, port, path, tag or digest, or <c>*.domain</c>.</summary>
    internal required string Prefix { get; init; }

    /// <summary>What takes the prefix's place; empty with a wildcard that changes nothing.</summary>
    internal required string Location { get; init; }

    internal bool Insecure { get; init; }

    internal bool Blocked { get; init; }

    internal IReadOnlyList<MirrorEntry> Mirrors { get; init; } = [];

    /// <summary>File and line.</summary>
    internal required string Place { get; init; }

    /// <summary>How many characters of a full name the prefix takes; -1 when it is not this one's.</summary>
    internal int Match(string name)
    {
        if (Prefix.StartsWith("*.", StringComparison.Ordinal))
        {
            var domain = Prefix[1..];
            var at = name.IndexOf(domain, StringComparison.Ordinal);
            var host = name.IndexOfAny(['/', ':']);
            return at > 0 && (host < 0 || at < host) && EndsThere(name, at + domain.Length, portMayFollow: true) ? at + domain.Length : -1;
        }

        return name.StartsWith(Prefix, StringComparison.Ordinal) && EndsThere(name, Prefix.Length, portMayFollow: false) ? Prefix.Length : -1;
    }

    /// <summary>The name under which a registry or a mirror has the image.</summary>
    /// <exception cref="ImageException">What comes out is no name.</exception>
    internal ImageReference Rewrite(ImageReference name, string location)
    {
        if (location.Length == 0)
        {
            return name;
        }

        var full = name.ToString();
        var text = location + full[Match(full)..];
        return ImageReference.TryParse(text, out var reference)
            ? reference!
            : throw new ImageException($"{Place}: \"{location}\" in place of \"{Prefix}\" makes \"{text}\" of {full}, which is not an image reference");
    }

    /// <summary>A port is a part of a host's name, a tag ends a repository's.</summary>
    private bool EndsThere(string name, int length, bool portMayFollow) => length == name.Length || name[length] switch
    {
        '/' or '@' => true,
        ':' => portMayFollow || Prefix.Contains('/'),
        _ => false,
    };
}

/// <summary>One <c>[[registry.mirror]]</c>.</summary>
internal sealed record MirrorEntry(string Location, bool Insecure, MirrorUse Use)
{
    internal bool Serves(ImageReference name) => Use switch
    {
        MirrorUse.DigestOnly => name.Digest is not null,
        MirrorUse.TagOnly => name.Digest is null,
        _ => true,
    };
}

/// <summary><c>pull-from-mirror</c>.</summary>
internal enum MirrorUse
{
    All,
    DigestOnly,
    TagOnly,
}
