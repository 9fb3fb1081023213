using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>A pod's host name and domain, as the kubelet makes them.</summary>
internal static class PodHostname
{
    /// <summary>The domain of clusters that give themselves none.</summary>
    private const string ClusterDomain = "cluster.local";

    /// <summary>Characters of a DNS label.</summary>
    private const int LongestName = 63;

    /// <summary>Characters of the kernel's node name; uname(2).</summary>
    private const int LongestNodeName = 64;

    /// <summary>spec.hostname or the pod's name, cut to 63 characters; with hostNetwork the host's.</summary>
    internal static string Of(PodManifest pod)
    {
        if (pod.Spec.HostNetwork)
        {
            return Layout.PodHost.NodeName;
        }

        var name = string.IsNullOrEmpty(pod.Spec.Hostname) ? pod.Metadata.Name : pod.Spec.Hostname;
        if (name.Length <= LongestName)
        {
            return name;
        }

        var cut = name[..LongestName].TrimEnd('-', '.');
        return cut.Length > 0 ? cut : throw new PodException($"hostname for pod \"{pod.Metadata.Name}\" was invalid: \"{name}\"");
    }

    /// <summary>Empty without a subdomain.</summary>
    internal static string DomainOf(PodManifest pod) =>
        string.IsNullOrEmpty(pod.Spec.Subdomain) ? "" : $"{pod.Spec.Subdomain}.{pod.Metadata.Namespace}.svc.{ClusterDomain}";

    /// <summary>What uname says: the host name, or the full name with setHostnameAsFQDN.</summary>
    /// <exception cref="PodException">The full name is longer than the kernel takes.</exception>
    internal static string OfKernel(PodManifest pod)
    {
        var name = Of(pod);
        var domain = DomainOf(pod);
        if (domain.Length == 0 || pod.Spec.SetHostnameAsFQDN != true || pod.Spec.HostNetwork)
        {
            return name;
        }

        var full = $"{name}.{domain}";
        return full.Length <= LongestNodeName ? full : throw new PodException(
            $"Failed to construct FQDN from pod hostname and cluster domain, FQDN {full} is too long ({LongestNodeName} characters is the max, {full.Length} characters requested)");
    }
}
