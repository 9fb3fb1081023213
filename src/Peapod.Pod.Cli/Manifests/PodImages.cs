using Peapod.Image;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>The images of a pod's containers and volumes, by their pull policies, before anything of the pod is made.</summary>
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
        string Once(string image, ImagePullPolicy? policy, string subject)
        {
            if (!known.TryGetValue((image, policy), out var name))
            {
                known[(image, policy)] = name = Bring(host, image, policy, subject, mayRename);
            }

            return name;
        }

        List<ContainerSpec> All(IEnumerable<ContainerSpec> containers) =>
            containers.Select(container => container with { Image = Once(container.Image, container.ImagePullPolicy, SubjectOf(container)) }).ToList();

        // A volume's image of this host is the supervisor's to find: it may come later.
        Volume One(Volume volume) => volume.Image is { } image && !IsLocal(image.Reference)
            ? volume with { Image = image with { Reference = Once(image.Reference, image.PullPolicy, $"volume \"{volume.Name}\"") } }
            : volume;

        return pod with
        {
            Spec = pod.Spec with { InitContainers = All(pod.Spec.InitContainers), Containers = All(pod.Spec.Containers), Volumes = pod.Spec.Volumes.Select(One).ToList() },
        };
    }

    /// <inheritdoc cref="Bring(PodHost,PodManifest,bool)"/>
    internal static ContainerSpec Bring(PodHost host, ContainerSpec container, bool mayRename) =>
        container with { Image = Bring(host, container.Image, container.ImagePullPolicy, SubjectOf(container), mayRename) };

    /// <summary>Looks whether the images are there that no registry is asked for.</summary>
    /// <exception cref="PodException">One is not.</exception>
    internal static void Check(PodHost host, PodManifest pod)
    {
        foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
        {
            HasHere(host, container.Image, container.ImagePullPolicy, SubjectOf(container));
        }
    }

    private static string Bring(PodHost host, string image, ImagePullPolicy? policy, string subject, bool mayRename)
    {
        if (HasHere(host, image, policy, subject))
        {
            return image;
        }

        string name;
        try
        {
            name = ImagePull.Pull(host, image, PolicyFor(image, policy));
        }
        catch (PodException error)
        {
            throw new PodException($"{subject}: ErrImagePull: {error.Message}", error);
        }

        if (ImageReference.Parse(image).ToString() == name)
        {
            return image;
        }

        return mayRename ? name : throw new PodException($"{subject}: image \"{image}\" is a short name, which means {name} on this host; write that into the manifest");
    }

    /// <returns>False when a registry is to be asked.</returns>
    /// <exception cref="PodException">It is not there, and no registry has it or may be asked.</exception>
    private static bool HasHere(PodHost host, string image, ImagePullPolicy? policy, string subject)
    {
        var found = Find(host, image, out var missing);
        if (IsLocal(image) || (found is not null && IsId(image, found)))
        {
            return found is not null ? true : throw new PodException($"{missing!.Message}\n  \"peapod image ls\" lists what is there, \"peapod image load PATH\" brings an image in", missing);
        }

        if (policy == ImagePullPolicy.Never)
        {
            return found is not null ? true : throw new PodException($"{subject}: ErrImageNeverPull: Container image \"{image}\" is not present with pull policy of Never", missing);
        }

        return policy == ImagePullPolicy.IfNotPresent && found is not null;
    }

    private static string SubjectOf(ContainerSpec container) => $"container \"{container.Name}\"";

    private static bool IsLocal(string image) => image.StartsWith(LocalPrefix, StringComparison.Ordinal);

    /// <summary>"Always" is also what a name without a version gets by default; that must not keep a host without a network from starting what it has.</summary>
    private static string PolicyFor(string image, ImagePullPolicy? policy) => policy switch
    {
        ImagePullPolicy.IfNotPresent => "missing",
        _ when ManifestDefaults.PullPolicy(image) == ImagePullPolicy.Always => "newer",
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
