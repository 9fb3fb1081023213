using Peapod.Image;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>The images of a pod's containers, by their pull policies, before anything of the pod is made.</summary>
internal static class PodImages
{
    /// <summary>As podman calls images of this host, which no registry has.</summary>
    private const string LocalPrefix = "localhost/";

    /// <returns>The pod, in which a short name that meant another registry's image is that image's.</returns>
    /// <exception cref="PodException">An image is not there, and cannot be pulled or must not be.</exception>
    internal static PodManifest Bring(PodHost host, PodManifest pod)
    {
        var known = new Dictionary<(string, ImagePullPolicy?), string>();
        List<ContainerSpec> All(IEnumerable<ContainerSpec> containers) => containers.Select(container =>
        {
            var key = (container.Image, container.ImagePullPolicy);
            if (!known.TryGetValue(key, out var image))
            {
                known[key] = image = Bring(host, container).Image;
            }

            return container with { Image = image };
        }).ToList();

        return pod with { Spec = pod.Spec with { InitContainers = All(pod.Spec.InitContainers), Containers = All(pod.Spec.Containers) } };
    }

    /// <inheritdoc cref="Bring(PodHost,PodManifest)"/>
    internal static ContainerSpec Bring(PodHost host, ContainerSpec container)
    {
        var missing = Missing(host, container.Image);
        if (container.Image.StartsWith(LocalPrefix, StringComparison.Ordinal) || Digest.TryParse(container.Image, out _))
        {
            return missing is null ? container : throw new PodException($"{missing.Message}\n  \"peapod image ls\" lists what is there, \"peapod image load PATH\" brings an image in", missing);
        }

        if (container.ImagePullPolicy == ImagePullPolicy.Never)
        {
            return missing is null ? container : throw new PodException($"container \"{container.Name}\": ErrImageNeverPull: Container image \"{container.Image}\" is not present with pull policy of Never", missing);
        }

        if (container.ImagePullPolicy == ImagePullPolicy.IfNotPresent && missing is null)
        {
            return container;
        }

        try
        {
            var name = ImagePull.Pull(host, container.Image, Policy(container));
            return Missing(host, container.Image) is null ? container : container with { Image = name };
        }
        catch (PodException error)
        {
            throw new PodException($"container \"{container.Name}\": ErrImagePull: {error.Message}", error);
        }
    }

    /// <summary>"Always" is also what a name without a version gets by default; that must not keep a host without a network from starting what it has.</summary>
    private static string Policy(ContainerSpec container) => container.ImagePullPolicy switch
    {
        ImagePullPolicy.IfNotPresent => "missing",
        _ when Manifest.ManifestDefaults.PullPolicy(container.Image) == ImagePullPolicy.Always => "newer",
        _ => "always",
    };

    private static ImageNotFoundException? Missing(PodHost host, string image)
    {
        try
        {
            new ImageStore(host.DataRoot).Resolve(image);
            return null;
        }
        catch (ImageNotFoundException error)
        {
            return error;
        }
    }
}
