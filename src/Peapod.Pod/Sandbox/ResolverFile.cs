using System.Text;
using Peapod.Kernel.Files;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// /etc/resolv.conf of a pod, resolv.conf(5): the host's (dnsPolicy Default, and ClusterFirst where there is no cluster) or nothing (None),
/// with dnsConfig added, cut to the limits of resolvers as the kubelet cuts it.
/// </summary>
internal static class ResolverFile
{
    private const int MostNameservers = 3;
    private const int MostSearches = 32;
    private const int LongestSearches = 2048;

    /// <summary>The host's file; with systemd-resolved, whose stub listens on the host's loopback alone, the file of the servers behind it.</summary>
    internal static string OfHost(PodSpec spec)
    {
        if (spec.DnsPolicy == DnsPolicy.None)
        {
            return "";
        }

        var text = FileSystem.TryReadText("/etc/resolv.conf") ?? "";
        return spec.HostNetwork || Parse(text, keepLoopback: false).Nameservers.Count > 0 || Parse(text, keepLoopback: true).Nameservers.Count == 0
            ? text
            : FileSystem.TryReadText("/run/systemd/resolve/resolv.conf") ?? text;
    }

    /// <param name="spec">The pod.</param>
    /// <param name="host">What the host's file says. Servers on the host's loopback are left out: only a pod with hostNetwork reaches them.</param>
    internal static string Text(PodSpec spec, string host)
    {
        var (nameservers, searches, options) = Parse(host, spec.HostNetwork);
        AddConfig(spec.DnsConfig ?? new(), nameservers, searches, options);
        var text = new StringBuilder();
        if (Fitting(searches) is { Length: > 0 } fitting)
        {
            text.Append("search ").Append(fitting).Append('\n');
        }

        for (var i = 0; i < Math.Min(nameservers.Count, MostNameservers); i++)
        {
            text.Append("nameserver ").Append(nameservers[i]).Append('\n');
        }

        if (options.Count > 0)
        {
            text.Append("options");
            foreach (var (name, value) in options)
            {
                text.Append(' ').Append(name).Append(value is null ? "" : $":{value}");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static void AddConfig(PodDnsConfig config, List<string> nameservers, List<string> searches, List<(string Name, string? Value)> options)
    {
        for (var i = 0; i < config.Nameservers.Count; i++)
        {
            AddOnce(nameservers, PodFiles.Word($"spec.dnsConfig.nameservers[{i}]", config.Nameservers[i]));
        }

        for (var i = 0; i < config.Searches.Count; i++)
        {
            AddOnce(searches, PodFiles.Word($"spec.dnsConfig.searches[{i}]", config.Searches[i]));
        }

        for (var i = 0; i < config.Options.Count; i++)
        {
            // One of the manifest takes the place of the host's of that name.
            var name = PodFiles.Word($"spec.dnsConfig.options[{i}].name", config.Options[i].Name);
            var value = config.Options[i].Value is { } given ? PodFiles.Word($"spec.dnsConfig.options[{i}].value", given) : null;
            var known = options.FindIndex(option => option.Name == name);
            if (known >= 0)
            {
                options[known] = (name, value);
            }
            else
            {
                options.Add((name, value));
            }
        }
    }

    private static void AddOnce(List<string> list, string word)
    {
        if (!list.Contains(word))
        {
            list.Add(word);
        }
    }

    /// <summary>As many as resolvers take: 32, and 2048 characters with the spaces between.</summary>
    private static string Fitting(List<string> searches)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Math.Min(searches.Count, MostSearches) && text.Length + (i > 0 ? 1 : 0) + searches[i].Length <= LongestSearches; i++)
        {
            text.Append(i > 0 ? " " : "").Append(searches[i]);
        }

        return text.ToString();
    }

    /// <summary>The last search or domain line counts, every nameserver and options line.</summary>
    private static (List<string> Nameservers, List<string> Searches, List<(string Name, string? Value)> Options) Parse(string text, bool keepLoopback)
    {
        var nameservers = new List<string>();
        var searches = new List<string>();
        var options = new List<(string, string?)>();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", var server, ..] when keepLoopback || !IsLoopback(server):
                    AddOnce(nameservers, server);
                    break;
                case ["search" or "domain", ..]:
                    searches = [.. words[1..]];
                    break;
                case ["options", ..]:
                    foreach (var word in words[1..])
                    {
                        var colon = word.IndexOf(':', StringComparison.Ordinal);
                        options.Add(colon < 0 ? (word, null) : (word[..colon], word[(colon + 1)..]));
                    }

                    break;
            }
        }

        return (nameservers, searches, options);
    }

    private static bool IsLoopback(string server) => server.StartsWith("127.", StringComparison.Ordinal) || server == "::1";
}
