using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>
/// Sets what a manifest leaves open, as the API server does (pkg/apis/core/v1/defaults.go). What admission plugins of a cluster would add
/// (service account, priority, tolerations of node conditions) is not: there is nothing here that it would stand for.
/// </summary>
public static class ManifestDefaults
{
    public const string Namespace = "default";

    public const long TerminationGracePeriodSeconds = 30;

    /// <summary>What the API server takes a negative one for.</summary>
    private const long LeastGracePeriod = 1;

    private const string SchedulerName = "default-scheduler";

    private const string OpaqueSecret = "Opaque";

    /// <summary>The same pod with every default written out. Applying it twice changes nothing.</summary>
    public static PodManifest Apply(PodManifest pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        pod = SecurityAnnotations.Apply(pod);
        var spec = pod.Spec;
        spec = spec with
        {
            RestartPolicy = spec.RestartPolicy ?? RestartPolicy.Always,
            TerminationGracePeriodSeconds = spec.TerminationGracePeriodSeconds is < 0 ? LeastGracePeriod : spec.TerminationGracePeriodSeconds ?? TerminationGracePeriodSeconds,
            DnsPolicy = spec.DnsPolicy ?? DnsPolicy.ClusterFirst,
            SchedulerName = string.IsNullOrEmpty(spec.SchedulerName) ? SchedulerName : spec.SchedulerName,
            EnableServiceLinks = spec.EnableServiceLinks ?? true,
            HostAliases = [.. spec.HostAliases.Select(static alias => alias with { IP = ContainerDefaults.Address(alias.IP) })],
            DnsConfig = spec.DnsConfig is { } dns ? dns with { Nameservers = [.. dns.Nameservers.Select(ContainerDefaults.Address)] } : null,
            SecurityContext = spec.SecurityContext ?? new(),
            InitContainers = [.. spec.InitContainers.Select(container => ContainerDefaults.Apply(container, spec.HostNetwork))],
            Containers = [.. spec.Containers.Select(container => ContainerDefaults.Apply(container, spec.HostNetwork))],
            EphemeralContainers = [.. spec.EphemeralContainers.Select(static container => ContainerDefaults.Apply(container, hostNetwork: false))],
            Volumes = [.. spec.Volumes.Select(VolumeDefaults.Apply)],
            ServiceAccountName = string.IsNullOrEmpty(spec.ServiceAccountName) ? spec.ServiceAccount : spec.ServiceAccountName,
        };
        return pod with
        {
            Metadata = Apply(pod.Metadata),
            Spec = spec with { Resources = PodResources(spec) },
        };
    }

    /// <summary>The ConfigMap with its namespace.</summary>
    public static ConfigMap Apply(ConfigMap configMap)
    {
        ArgumentNullException.ThrowIfNull(configMap);
        return configMap with { Metadata = Apply(configMap.Metadata) };
    }

    /// <summary>The Secret with its namespace, its type, and all values in <see cref="Secret.Data"/>.</summary>
    public static Secret Apply(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var data = Sorted(secret.Data);
        foreach (var (key, text) in secret.StringData ?? new Dictionary<string, string>())
        {
            data[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
        }

        return secret with
        {
            Metadata = Apply(secret.Metadata),
            Data = data.Count > 0 ? data : null,
            StringData = null,
            Type = string.IsNullOrEmpty(secret.Type) ? OpaqueSecret : secret.Type,
        };
    }

    /// <summary>The claim with its namespace and its mode.</summary>
    public static PersistentVolumeClaim Apply(PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim with { Metadata = Apply(claim.Metadata), Spec = VolumeDefaults.Apply(claim.Spec) };
    }

    /// <summary>Always for <c>:latest</c> and for no tag at all; an image with another tag or a digest only if it is not there.</summary>
    public static ImagePullPolicy PullPolicy(string image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var digest = image.IndexOf('@', StringComparison.Ordinal);
        var name = digest < 0 ? image : image[..digest];
        var colon = name.LastIndexOf(':');

        // The colon of a registry's port has a slash behind it.
        var tag = colon < 0 || name.IndexOf('/', colon) >= 0 ? "" : name[(colon + 1)..];
        return tag == "latest" || (tag.Length == 0 && digest < 0) ? ImagePullPolicy.Always : ImagePullPolicy.IfNotPresent;
    }

    /// <summary>A copy in the order in which such maps are read and written.</summary>
    internal static SortedDictionary<string, T> Sorted<T>(IReadOnlyDictionary<string, T>? map)
    {
        var copy = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (key, value) in map ?? new Dictionary<string, T>())
        {
            copy[key] = value;
        }

        return copy;
    }

    private static ObjectMeta Apply(ObjectMeta metadata) =>
        metadata with { Namespace = string.IsNullOrEmpty(metadata.Namespace) ? Namespace : metadata.Namespace };

    /// <summary>
    /// With limits for the pod as a whole: what its containers request is requested for the pod, and what none of them requests up to the
    /// limit. Only cpu and memory may be requested below their limit.
    /// </summary>
    private static ResourceRequirements? PodResources(PodSpec spec)
    {
        if (spec.Resources is not { Limits: { Count: > 0 } limits } resources)
        {
            return spec.Resources;
        }

        var requests = Sorted(resources.Requests);
        foreach (var (resource, sum) in PodRequests.OfContainers(spec))
        {
            if (resource is "cpu" or "memory")
            {
                requests.TryAdd(resource, sum);
            }
        }

        foreach (var (resource, limit) in limits)
        {
            requests.TryAdd(resource, limit);
        }

        return resources with { Requests = requests };
    }
}
