using Peapod.Pod.Objects;
namespace Peapod.Pod.Manifest;

/// <summary>Sets what a manifest leaves open, as the API server does.</summary>
public static class ManifestDefaults
{
    public const string Namespace = "default";

    public const long TerminationGracePeriodSeconds = 30;

    /// <summary>The same pod with every default written out. Applying it twice changes nothing.</summary>
    public static PodManifest Apply(PodManifest pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod with
        {
            Metadata = pod.Metadata with { Namespace = string.IsNullOrEmpty(pod.Metadata.Namespace) ? Namespace : pod.Metadata.Namespace },
            Spec = pod.Spec with
            {
                RestartPolicy = pod.Spec.RestartPolicy ?? RestartPolicy.Always,
                TerminationGracePeriodSeconds = pod.Spec.TerminationGracePeriodSeconds ?? TerminationGracePeriodSeconds,
                Containers = [.. pod.Spec.Containers.Select(Apply)],
                Volumes = [.. pod.Spec.Volumes.Select(Apply)],
            },
        };
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

    private static ContainerSpec Apply(ContainerSpec container) => container with
    {
        ImagePullPolicy = container.ImagePullPolicy ?? PullPolicy(container.Image),
        Ports = [.. container.Ports.Select(Apply)],
        Resources = container.Resources with { Requests = Requests(container.Resources) },
    };

    private static ContainerPort Apply(ContainerPort port) => port with
    {
        Protocol = port.Protocol ?? PortProtocol.Tcp,
        HostPort = port.HostPort == 0 ? null : port.HostPort,
        HostIP = port.HostIP is "" ? null : port.HostIP,
    };

    /// <summary>A volume without any source is an emptyDir.</summary>
    private static Volume Apply(Volume volume) =>
        volume == new Volume { Name = volume.Name } ? volume with { EmptyDir = new() } : volume;

    /// <summary>What is limited and not requested is requested up to its limit.</summary>
    private static Dictionary<string, Quantity>? Requests(ResourceRequirements resources)
    {
        if (resources is { Limits: null, Requests: null })
        {
            return null;
        }

        var requests = new Dictionary<string, Quantity>(resources.Requests ?? new Dictionary<string, Quantity>());
        foreach (var (resource, limit) in resources.Limits ?? new Dictionary<string, Quantity>())
        {
            requests.TryAdd(resource, limit);
        }

        return requests;
    }
}
