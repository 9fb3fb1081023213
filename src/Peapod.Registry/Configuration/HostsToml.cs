using Peapod.Image;
using Peapod.Kernel.Terminals;

namespace Peapod.Registry.Configuration;

/// <summary>containerd's <c>certs.d/HOST/hosts.toml</c>: mirrors of one registry, and how each is talked to. See containerd's docs/hosts.md.</summary>
internal sealed record HostsToml(IReadOnlyList<HostEntry> Hosts)
{
    /// <summary>Null when there is no such file for this registry.</summary>
    /// <exception cref="ImageException">The file is damaged.</exception>
    internal static HostsToml? Find(string folder, string registry, Action<string> warn)
    {
        foreach (var name in Names(registry))
        {
            var file = $"{folder}/{name}/hosts.toml";
            if (TomlSection.TryRead(file) is { } root)
            {
                return new(Read(root, $"{folder}/{name}", registry, warn));
            }
        }

        return null;
    }

    /// <summary>A colon is no part of a folder's name everywhere, so containerd has another way to write the port.</summary>
    private static List<string> Names(string registry)
    {
        var names = new List<string>();
        if (registry.LastIndexOf(':') is > 0 and var colon && !registry.EndsWith(']'))
        {
            names.Add($"{registry[..colon]}_{registry[(colon + 1)..]}_");
        }

        names.AddRange([registry, "_default"]);
        return names;
    }

    private static List<HostEntry> Read(TomlSection root, string folder, string registry, Action<string> warn)
    {
        var hosts = new List<HostEntry>();
        if (root.Table("host") is { } table)
        {
            foreach (var address in table.Keys)
            {
                var section = table.Table(address)!;
                hosts.Add(Entry(section, Address(table, address, address), folder, isServer: false));
                section.TellUnread(warn);
            }
        }

        // The registry itself comes last, unless the file names another server or none ("").
        var server = root.String("server");
        if (server is not "")
        {
            var own = server is null ? null : Address(root, "server", server);
            hosts.Add(Entry(root, own, folder, isServer: true));
        }
        else if (hosts.Count == 0)
        {
            throw new ImageException($"{root.File}: neither a server nor a host is left for {registry}");
        }

        root.TellUnread(warn);
        return hosts;
    }

    private static HostEntry Entry(TomlSection section, Uri? address, string folder, bool isServer)
    {
        var capabilities = section.Strings("capabilities") ?? ["pull", "resolve", "push"];
        foreach (var capability in capabilities)
        {
            if (capability is not ("pull" or "resolve" or "push"))
            {
                throw section.Wrong("capabilities", $"\"{Printable.Short(capability)}\" is none of pull, resolve and push");
            }
        }

        return new()
        {
            Address = address,
            IsServer = isServer,
            CanPull = capabilities.Contains("pull"),
            CanResolve = capabilities.Contains("resolve"),
            CanPush = capabilities.Contains("push"),
            Authorities = (section.StringOrStrings("ca") ?? []).Select(file => Path.Combine(folder, file)).ToList(),
            ClientCertificates = (section.Lists("client") ?? []).Select(pair => pair switch
            {
                [var one] => (Path.Combine(folder, one), Path.Combine(folder, one)),
                [var certificate, var key] => (Path.Combine(folder, certificate), key.Length == 0 ? Path.Combine(folder, certificate) : Path.Combine(folder, key)),
                _ => throw section.Wrong("client", "expected a certificate with its key, or [certificate, key]"),
            }).ToList(),
            SkipVerify = section.Boolean("skip_verify") ?? false,
            OverridePath = section.Boolean("override_path") ?? false,
            Headers = Headers(section.Table("header")),
        };
    }

    private static List<KeyValuePair<string, string>> Headers(TomlSection? table)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var name in table?.Keys ?? [])
        {
            foreach (var value in table!.StringOrStrings(name)!)
            {
                headers.Add(new(name, value));
            }
        }

        return headers;
    }

    private static Uri Address(TomlSection section, string key, string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        return Uri.TryCreate(full, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Query.Length == 0 && address.UserInfo.Length == 0 && address.Host.Length > 0
            ? address
            : throw section.Wrong(Printable.Short(key), $"\"{Printable.Short(text)}\" is not the address of a registry: https://HOST[:PORT][/PATH]");
    }
}

/// <summary>One host that a registry's images may come from.</summary>
internal sealed record HostEntry
{
    /// <summary>Null for the registry itself.</summary>
    internal Uri? Address { get; init; }

    internal bool IsServer { get; init; }

    internal bool CanPull { get; init; }

    /// <summary>Whether it is believed which digest a tag has.</summary>
    internal bool CanResolve { get; init; }

    internal bool CanPush { get; init; }

    internal IReadOnlyList<string> Authorities { get; init; } = [];

    internal IReadOnlyList<(string Certificate, string Key)> ClientCertificates { get; init; } = [];

    internal bool SkipVerify { get; init; }

    /// <summary>The address's path is all there is, without <c>/v2</c>.</summary>
    internal bool OverridePath { get; init; }

    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}
