using Peapod.Image;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>The images of a pod's containers, by their pull policies, before anything of the pod is made.</summary>
internal static class PodImages
{
    /// <summary>As podman calls images of this host, which no registry has.</summary>
    private const string LocalPrefix = "localhost/";

    /// <param name="host">Where they are looked for.</param>
    /// <param name="pod">Whose they are.</param>
    /// <param name="mayRename">A short name that means another registry's image becomes that image's. Not for a manifest that is compared with what it made.</param>
    /// <exception cref="PodException">An image is not there, and cannot be pulled or must not be.</exception>
    internal static PodManifest Bring(PodHost host, PodManifest pod, bool mayRename)
    {
        var known = new Dictionary<(string, ImagePullPolicy?), string>();
        List<ContainerSpec> All(IEnumerable<ContainerSpec> containers) => containers.Select(container =>
        {
            var key = (container.Image, container.ImagePullPolicy);
            if (!known.TryGetValue(key, out var image))
            {
                known[key] = image = Bring(host, container, mayRename).Image;
            }

            return container with { Image = image };
        }).ToList();

        return pod with { Spec = pod.Spec with { InitContainers = All(pod.Spec.InitContainers), Containers = All(pod.Spec.Containers) } };
    }

    /// <inheritdoc cref="Bring(PodHost,PodManifest,bool)"/>
    internal static ContainerSpec Bring(PodHost host, ContainerSpec container, bool mayRename)
    {
        var found = Find(host, container.Image, out var missing);
        if (container.Image.StartsWith(LocalPrefix, StringComparison.Ordinal) || (found is not null && IsId(container.Image, found)))
        {
            return found is not null ? container : throw new PodException($"{missing!.Message}\n  \"peapod image ls\" lists what is there, \"peapod image load PATH\" brings an image in", missing);
        }

        if (container.ImagePullPolicy == ImagePullPolicy.Never)
        {
            return found is not null ? container : throw new PodException($"container \"{container.Name}\": ErrImageNeverPull: Container image \"{container.Image}\" is not present with pull policy of Never", missing);
        }

        if (container.ImagePullPolicy == ImagePullPolicy.IfNotPresent && found is not null)
        {
            return container;
        }

        string name;
        try
        {
            name = ImagePull.Pull(host, container.Image, Policy(container));
        }
        catch (PodException error)
        {
            throw new PodException($"container \"{container.Name}\": ErrImagePull: {error.Message}", error);
        }

        if (ImageReference.Parse(container.Image).ToString() == name)
        {
            return container;
        }

        return mayRename ? container with { Image = name } : throw new PodException($"container \"{container.Name}\": image \"{container.Image}\" is a short name, which means {name} on this host; write that into the manifest");
    }

    /// <summary>"Always" is also what a name without a version gets by default; that must not keep a host without a network from starting what it has.</summary>
    private static string Policy(ContainerSpec container) => container.ImagePullPolicy switch
    {
        ImagePullPolicy.IfNotPresent => "missing",
        _ when ManifestDefaults.PullPolicy(container.Image) == ImagePullPolicy.Always => "newer",
        _ => "always",
    };

    private static ContainerImage? Find(PodHost host, string image, out ImageNotFoundException? missing)
    {
        missing = null;
        try
        {
            return new ImageStore(host.DataRoot).Resolve(image);
        }
        catch (ImageNotFoundException error)
        {
            missing = error;
            return null;
        }
    }

    /// <summary>It was found by its id, or the beginning of it: there is nothing to ask a registry.</summary>
    private static bool IsId(string text, ContainerImage found) =>
        !ImageReference.TryParse(text, out var name) || (name!.Digest is null && !found.Names.Contains(name.Name));
}
