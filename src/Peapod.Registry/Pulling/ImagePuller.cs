using Peapod.Image;
using Peapod.Image.Documents;
using Peapod.Kernel.Terminals;
using Peapod.Registry.Authentication;
using Peapod.Registry.Configuration;

namespace Peapod.Registry.Pulling;

/// <summary>Brings images from registries into the store.</summary>
public sealed class ImagePuller(ImageStore store, RegistriesConf conf, RegistryOptions options)
{
    private readonly CredentialSource credentials = new(conf, options);

    /// <summary>Told what is about to be tried: <c>docker.io/library/busybox:latest</c>.</summary>
    public Action<string>? Trying { get; init; }

    /// <summary>The image of a name; short ones mean what registries.conf(5) says.</summary>
    /// <exception cref="ImageException">It cannot be had. Nothing of it is left but whole layers, which the next attempt need not fetch.</exception>
    public PulledImage Pull(string name, PullPolicy policy, LoadOptions load)
    {
        var candidates = ShortName.Resolve(name, conf);
        var failures = new List<ImageException>();
        if (policy is PullPolicy.Missing or PullPolicy.Never && Present(name, candidates) is { } present && (load.Platform is null || IsFor(load.Platform, present.Image)))
        {
            return present;
        }

        if (policy == PullPolicy.Never)
        {
            throw new ImageNotFoundException($"image \"{Printable.Short(name)}\" is not in the store, and policy never keeps it from being pulled");
        }

        foreach (var candidate in candidates)
        {
            try
            {
                return Pull(candidate, policy, load);
            }
            catch (RegistryException error) when (candidates.Count > 1)
            {
                failures.Add(error);
            }
        }

        throw failures switch
        {
            [] => new ImageException($"\"{Printable.Short(name)}\" means nothing"),
            _ => new RegistryException(((RegistryException)failures[0]).Failure, $"\"{Printable.Short(name)}\" is in none of the registries that {conf.SearchFile} names\n  {string.Join("\n  ", failures.Select(static failure => failure.Message.Replace("\n", ";", StringComparison.Ordinal)))}"),
        };
    }

    /// <summary>Every tag of a repository.</summary>
    public IReadOnlyList<PulledImage> PullAll(string name, LoadOptions load)
    {
        var candidates = ShortName.Resolve(name, conf);
        if (candidates[0].Digest is not null || candidates[0].Tag != "latest" || name.EndsWith(":latest", StringComparison.Ordinal))
        {
            throw new ImageException($"\"{Printable.Short(name)}\": with --all-tags a name can have neither a tag nor a digest");
        }

        using var client = new RegistryClient(candidates[0], conf, credentials, options);
        var tags = client.Tags(CancellationToken.None).GetAwaiter().GetResult();
        return tags.Count == 0
            ? throw new RegistryException(RegistryFailure.NotFound, $"{candidates[0].Repository} has no tags")
            : tags.ConvertAll(tag => Pull(ImageReference.Parse($"{candidates[0].Repository}:{tag}"), PullPolicy.Always, load));
    }

    /// <summary>An image of another platform has this name, perhaps, because somebody asked for it.</summary>
    private bool IsFor(Platform wanted, ContainerImage image)
    {
        var found = OciConfiguration.Read(store.ReadConfiguration(image), image.Id.ToString()).Platform;
        return found.Os == wanted.Os && found.Architecture == wanted.Architecture;
    }

    private PulledImage? Present(string name, IReadOnlyList<ImageReference> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (store.TryFind(candidate) is { } image)
            {
                return new(candidate, image, WasFetched: false);
            }
        }

        try
        {
            // An id, or a name as it was loaded under.
            return new(candidates[0], store.Resolve(name), WasFetched: false);
        }
        catch (ImageNotFoundException)
        {
            return null;
        }
    }

    private PulledImage Pull(ImageReference name, PullPolicy policy, LoadOptions load)
    {
        Trying?.Invoke(name.ToString());
        using var client = new RegistryClient(name, conf, credentials, options);
        FetchedManifest manifest;
        try
        {
            manifest = client.Manifest(name.Digest?.ToString() ?? name.Tag!, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (RegistryException error) when (policy == PullPolicy.Newer && store.TryFind(name) is { } image)
        {
            options.Warn($"{error.Message.Split('\n')[0]}; the image that is there is used");
            return new(name, image, WasFetched: false);
        }

        var full = name.Digest is null ? name.Name : $"{name.Repository}@{name.Digest}";
        if (MediaType.IsManifest(manifest.MediaType) && store.TryFind(full, manifest.Digest) is { } same && IsFor(load.Platform ?? Platform.Host, same))
        {
            return new(name, same, WasFetched: false);
        }

        using var source = new RegistrySource(name, client, manifest);
        var descriptor = new Descriptor(manifest.MediaType, manifest.Digest, manifest.Content.Length, Platform: null, new Dictionary<string, string>(), name.ToString());
        return new(name, store.Add(source, descriptor, [full], load), WasFetched: true);
    }
}

/// <param name="Name">What was pulled, in full.</param>
/// <param name="Image">What it is.</param>
/// <param name="WasFetched">False when all of it was there.</param>
public sealed record PulledImage(ImageReference Name, ContainerImage Image, bool WasFetched);

/// <summary>When a registry is asked: podman's and Kubernetes's words.</summary>
public enum PullPolicy
{
    Always,

    /// <summary>Only for an image that is not there.</summary>
    Missing,

    Never,

    /// <summary>As always, but one that is there will do when the registry cannot be asked.</summary>
    Newer,
}
