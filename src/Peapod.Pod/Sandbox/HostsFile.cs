using System.Net;
using System.Text;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>/etc/hosts of a pod, as the kubelet writes it; hosts(5). Pure.</summary>
internal static class HostsFile
{
    /// <param name="pod">The pod.</param>
    /// <param name="addresses">Its addresses.</param>
    /// <param name="host">The host's own /etc/hosts, which a pod with hostNetwork gets.</param>
    internal static string Text(PodManifest pod, IReadOnlyList<IPAddress> addresses, string host)
    {
        var text = new StringBuilder();
        if (pod.Spec.HostNetwork)
        {
            text.Append("# Written by Peapod (host network).\n").Append(host.TrimEnd('\n')).Append('\n');
        }
        else
        {
            text.Append("# Written by Peapod.\n")
                .Append("127.0.0.1\tlocalhost\n")
                .Append("::1\tlocalhost ip6-localhost ip6-loopback\n")
                .Append("fe00::0\tip6-localnet\n")
                .Append("fe00::0\tip6-mcastprefix\n")
                .Append("fe00::1\tip6-allnodes\n")
                .Append("fe00::2\tip6-allrouters\n");
            var (name, domain) = (PodFiles.Word("spec.hostname", PodHostname.Of(pod)), PodFiles.Word("spec.subdomain", PodHostname.DomainOf(pod)));
            foreach (var address in addresses)
            {
                text.Append(address).Append('\t').Append(domain.Length > 0 ? $"{name}.{domain}\t{name}\n" : $"{name}\n");
            }
        }

        AddAliases(text, pod.Spec.HostAliases);
        return text.ToString();
    }

    private static void AddAliases(StringBuilder text, IReadOnlyList<HostAlias> aliases)
    {
        if (aliases.Count == 0)
        {
            return;
        }

        text.Append("\n# Entries added by HostAliases.\n");
        for (var i = 0; i < aliases.Count; i++)
        {
            text.Append(PodFiles.Word($"spec.hostAliases[{i}].ip", aliases[i].IP));
            for (var j = 0; j < aliases[i].Hostnames.Count; j++)
            {
                text.Append('\t').Append(PodFiles.Word($"spec.hostAliases[{i}].hostnames[{j}]", aliases[i].Hostnames[j]));
            }

            text.Append('\n');
        }
    }
}
