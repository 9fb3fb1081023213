using System.Globalization;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>The pod's names, and how it finds others.</summary>
internal sealed class NetworkRules(FieldErrors errors)
{
    /// <summary>resolv.conf(5): what the C library takes.</summary>
    private const int MostNameservers = 3;
    private const int MostSearches = 32;
    private const int MostSearchCharacters = 2048;

    public void Validate(PodSpec spec, string path)
    {
        errors.OptionalName(spec.Hostname, path + ".hostname", NameRules.Dns1123Label);
        errors.OptionalName(spec.Subdomain, path + ".subdomain", NameRules.Dns1123Label);
        for (var i = 0; i < spec.HostAliases.Count; i++)
        {
            var alias = spec.HostAliases[i];
            var at = SourceLines.Element(path + ".hostAliases", i);
            errors.Rule(alias.IP, at + ".ip", NameRules.IPAddress);
            for (var j = 0; j < alias.Hostnames.Count; j++)
            {
                errors.Rule(alias.Hostnames[j], SourceLines.Element(at + ".hostnames", j), NameRules.Dns1123Subdomain);
            }
        }

        if (spec.DnsPolicy == DnsPolicy.None && spec.DnsConfig is null)
        {
            errors.Required(path + ".dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        else if (spec.DnsPolicy == DnsPolicy.None && spec.DnsConfig!.Nameservers.Count == 0)
        {
            errors.Required(path + ".dnsConfig.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None");
        }

        Dns(spec.DnsConfig ?? new(), path + ".dnsConfig");
    }

    private void Dns(PodDnsConfig dns, string path)
    {
        if (dns.Nameservers.Count > MostNameservers)
        {
            errors.Invalid(path + ".nameservers", dns.Nameservers, $"must not have more than {MostNameservers} nameservers");
        }

        for (var i = 0; i < dns.Nameservers.Count; i++)
        {
            errors.Rule(dns.Nameservers[i], SourceLines.Element(path + ".nameservers", i), NameRules.IPAddress);
        }

        if (dns.Searches.Count > MostSearches)
        {
            errors.Invalid(path + ".searches", dns.Searches, $"must not have more than {MostSearches} search paths");
        }
        else if (dns.Searches.Sum(static search => search.Length + 1) - 1 > MostSearchCharacters)
        {
            errors.Invalid(path + ".searches", dns.Searches, string.Create(CultureInfo.InvariantCulture, $"must not have more than {MostSearchCharacters} characters (including spaces) in the search list"));
        }

        for (var i = 0; i < dns.Searches.Count; i++)
        {
            if (dns.Searches[i] != ".")
            {
                errors.Rule(dns.Searches[i], SourceLines.Element(path + ".searches", i), NameRules.SearchDomain);
            }
        }

        for (var i = 0; i < dns.Options.Count; i++)
        {
            var at = SourceLines.Element(path + ".options", i);
            if (dns.Options[i].Name.Length == 0)
            {
                errors.Required(at, "must not be empty");
            }
            else if (HasSpace(dns.Options[i].Name) || HasSpace(dns.Options[i].Value))
            {
                errors.Unable(at, $"{dns.Options[i].Name}:{dns.Options[i].Value}".ReplaceLineEndings("\\n"), "an option in resolv.conf cannot contain whitespace");
            }
        }
    }

    /// <summary>A space would begin another option, and a line end another line of resolv.conf.</summary>
    private static bool HasSpace(string? text) => text?.Any(char.IsWhiteSpace) == true;
}
