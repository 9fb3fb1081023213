using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;

namespace Peapod.Registry.Configuration;

/// <summary>
/// registries.conf(5) of the containers tools: where short names are looked for, and what stands in for a registry. The main file, the files of
/// the folder beside it that has its name and ".d", and the aliases that podman remembers. A later file's word counts.
/// </summary>
public sealed class RegistriesConf
{
    /// <summary>Names another main file, as for podman.</summary>
    public const string Variable = "CONTAINERS_REGISTRIES_CONF";

    private const string System = "/etc/containers/registries.conf";
    private const string RememberedAliases = "/var/cache/containers/short-name-aliases.conf";

    private readonly Dictionary<string, RegistryEntry> registries = [];
    private readonly Dictionary<string, string> aliases = [];
    private readonly Action<string> warn;

    private RegistriesConf(Action<string> warn) => this.warn = warn;

    /// <summary>Nothing configured.</summary>
    internal static RegistriesConf None { get; } = new(static _ => { });

    /// <summary>Where short names are looked for, in this order; null when no file says so.</summary>
    internal IReadOnlyList<string>? Search { get; private set; }

    /// <summary>The file that said so last.</summary>
    internal string SearchFile { get; private set; } = System;

    internal ShortNameMode Mode { get; private set; } = ShortNameMode.Enforcing;

    /// <summary>Names of credential helpers for registries that no authentication file knows; null when no file says so.</summary>
    internal IReadOnlyList<string>? CredentialHelpers { get; private set; }

    /// <summary>Short names and what they stand for, by name without tag and digest.</summary>
    internal IReadOnlyDictionary<string, string> Aliases => aliases;

    /// <param name="warn">Takes the sentence about a key that has no effect.</param>
    /// <exception cref="ImageException">A file is damaged; the message names it and the line.</exception>
    public static RegistriesConf Load(Action<string> warn)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return FileSystem.TryStat(named) is null ? throw new ImageException($"{Variable}: \"{named}\" does not exist") : Load([named], remembered: null, warn);
        }

        var files = new List<string> { System };
        if (Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home)
        {
            files.Add($"{home}/.config/containers/registries.conf");
        }

        return Load(files, RememberedAliases, warn);
    }

    /// <param name="mains">Main files, of which the last that is there counts; the folders of all do.</param>
    internal static RegistriesConf Load(IReadOnlyList<string> mains, string? remembered, Action<string> warn)
    {
        var conf = new RegistriesConf(warn);
        if (mains.LastOrDefault(static file => FileSystem.TryStat(file) is not null) is { } main)
        {
            conf.Add(main);
        }

        foreach (var file in mains.SelectMany(static main => ConfigurationFile.In($"{main}.d", ".conf")))
        {
            conf.Add(file);
        }

        if (remembered is not null)
        {
            conf.Add(remembered);
        }

        return conf;
    }

    /// <summary>The entry whose prefix takes most of a name; null when none does.</summary>
    internal RegistryEntry? Find(ImageReference name)
    {
        var full = name.ToString();
        return registries.Values.Where(entry => entry.Match(full) >= 0).OrderByDescending(entry => entry.Match(full)).ThenByDescending(static entry => entry.Prefix.Length).FirstOrDefault();
    }

    private void Add(string file)
    {
        if (TomlSection.TryRead(file) is not { } root)
        {
            return;
        }

        if (root.Table("registries") is { } old)
        {
            throw new ImageException($"{old.Place}: this is the old format of registries.conf, which nobody reads any more; write unqualified-search-registries and [[registry]]");
        }

        if (root.Strings("unqualified-search-registries") is { } search)
        {
            Search = search.Select(registry => Bare(root, "unqualified-search-registries", registry)).ToList();
            SearchFile = file;
        }

        if (root.String("short-name-mode") is { } mode)
        {
            Mode = mode switch
            {
                "enforcing" => ShortNameMode.Enforcing,
                "permissive" => ShortNameMode.Permissive,
                "disabled" => ShortNameMode.Disabled,
                _ => throw root.Wrong("short-name-mode", $"is \"{Printable.Short(mode)}\", expected enforcing, permissive or disabled"),
            };
        }

        CredentialHelpers = root.Strings("credential-helpers") ?? CredentialHelpers;
        AddAliases(root);
        foreach (var section in root.Tables("registry"))
        {
            var entry = Entry(section);
            registries[entry.Prefix] = entry;
        }

        root.TellUnread(warn, "additional-layer-store-auth-helper");
    }

    private void AddAliases(TomlSection root)
    {
        if (root.Table("aliases") is not { } table)
        {
            return;
        }

        foreach (var name in table.Keys)
        {
            var value = table.String(name)!;
            if (value.Length == 0)
            {
                aliases.Remove(name);
                continue;
            }

            if (ImageReference.HasRegistry(name) || !ImageReference.TryParse(name, out _))
            {
                throw table.Wrong(Printable.Short(name), "is not a short name: one without a registry, tag and digest");
            }

            aliases[name] = ImageReference.HasRegistry(value) && ImageReference.TryParse(value, out _)
                ? value
                : throw table.Wrong(Printable.Short(name), $"\"{Printable.Short(value)}\" is not a name with a registry");
        }
    }

    private RegistryEntry Entry(TomlSection section)
    {
        var location = section.String("location") is { Length: > 0 } text ? Bare(section, "location", text) : "";
        var prefix = section.String("prefix") is { Length: > 0 } given ? Bare(section, "prefix", given) : location;
        if (prefix.Length == 0)
        {
            throw new ImageException($"{section.Place}: [[registry]]: neither prefix nor location is set");
        }

        if (prefix.Contains('*') && (!prefix.StartsWith("*.", StringComparison.Ordinal) || prefix.AsSpan(1).ContainsAny('*', '/')))
        {
            throw section.Wrong("prefix", $"\"{Printable.Short(prefix)}\": a wildcard stands for the beginning of a host's name and nothing else: *.example.com");
        }

        var byDigest = section.Boolean("mirror-by-digest-only") ?? false;
        var entry = new RegistryEntry
        {
            Prefix = prefix,
            Location = location.Length > 0 || prefix[0] == '*' ? location : throw section.Wrong("prefix", "location must be set beside a prefix without a wildcard"),
            Insecure = section.Boolean("insecure") ?? false,
            Blocked = section.Boolean("blocked") ?? false,
            Mirrors = section.Tables("mirror").Select(mirror => Mirror(mirror, byDigest)).ToList(),
            Place = section.Place,
        };
        section.TellUnread(warn);
        return entry;
    }

    private MirrorEntry Mirror(TomlSection section, bool byDigest)
    {
        var location = section.String("location") is { Length: > 0 } text ? Bare(section, "location", text) : throw new ImageException($"{section.Place}: [[registry.mirror]]: location is not set");
        var use = section.String("pull-from-mirror");
        if (use is not null && byDigest)
        {
            throw section.Wrong("pull-from-mirror", "cannot stand beside mirror-by-digest-only of the registry, which says the same");
        }

        var mirror = new MirrorEntry(location, section.Boolean("insecure") ?? false, use switch
        {
            null => byDigest ? MirrorUse.DigestOnly : MirrorUse.All,
            "all" => MirrorUse.All,
            "digest-only" => MirrorUse.DigestOnly,
            "tag-only" => MirrorUse.TagOnly,
            _ => throw section.Wrong("pull-from-mirror", $"is \"{Printable.Short(use)}\", expected all, digest-only or tag-only"),
        });
        section.TellUnread(warn);
        return mirror;
    }

    /// <summary>A host, with a path perhaps, without a scheme and without the slash at its end.</summary>
    private static string Bare(TomlSection section, string key, string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            throw section.Wrong(key, $"\"{Printable.Short(text)}\" begins with a scheme; write the host alone");
        }

        var bare = text.TrimEnd('/');
        return bare.Length > 0 && !bare.Contains("//", StringComparison.Ordinal) && !bare.Any(char.IsWhiteSpace) ? bare : throw section.Wrong(key, $"\"{Printable.Short(text)}\" is not a registry");
    }
}

/// <summary><c>short-name-mode</c>: whether a short name may be tried at several registries without anybody having chosen one.</summary>
internal enum ShortNameMode
{
    Enforcing,
    Permissive,
    Disabled,
}
