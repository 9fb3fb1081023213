using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod set image</c>: other images for the containers of pods that are there, as kubectl's.</summary>
internal static class SetCommand
{
    private const string Help = """
        change the images of pods' containers

        A container whose image changes is restarted with the new one; the others run on.

          peapod pod set image web frontend=docker.io/library/nginx:1.29
          peapod pod set image web '*=localhost/busybox:1.36'
        """;

    private const string EveryContainer = "*";

    internal static Command Make()
    {
        var selection = new Argument<string[]>("POD|CONTAINER=IMAGE") { Description = "pods, and the images that their containers get; * stands for all containers", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var image = new Command("image", Help) { selection };
        image.SetAction(parsed =>
        {
            var given = parsed.GetValue(selection)!;
            var images = Images(given);
            var names = given.Where(static argument => !argument.Contains('=', StringComparison.Ordinal)).ToList();
            if (names is ["pod" or "pods" or "po", _, ..])
            {
                names.RemoveAt(0);
            }

            return names.Count == 0 || images.Count == 0
                ? throw new PodException(images.Count == 0 ? "CONTAINER=IMAGE: at least one image update is required" : "POD: which pods are meant is missing")
                : EachPod.Do(names, name => Set(HostOptions.Host(parsed), HostOptions.FindSupervised(parsed, name), images));
        });
        return new Command("set", "change fields of pods") { image };
    }

    private static Dictionary<string, string> Images(string[] given)
    {
        var images = new Dictionary<string, string>();
        foreach (var argument in given)
        {
            if (argument.IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals)
            {
                var (container, image) = (argument[..equals], argument[(equals + 1)..]);
                if (container.Length == 0 || image.Length == 0)
                {
                    throw new PodException($"\"{argument}\": expected CONTAINER=IMAGE");
                }

                if (NameRules.Image(image) is { } wrong)
                {
                    throw new PodException($"\"{argument}\": image {wrong}");
                }

                images[container] = image;
            }
        }

        return images;
    }

    private static void Set(PodHost host, PodFolders folders, Dictionary<string, string> images)
    {
        // Nobody else has to wait for the images.
        var before = ManifestFile.Read(folders);
        foreach (var container in PodUpdate.WithNewImages(before.Spec, Changed(before, images).Spec))
        {
            PodImages.Bring(host, container, mayRename: false);
        }

        using var change = PodChange.Begin(folders);
        var update = PodUpdate.Of(change.Live, Changed(change.Live, images));
        if (update.IsChange)
        {
            change.Write(update.Next);
        }

        Console.WriteLine($"pod/{folders.Name} {(update.IsChange ? "image updated" : "unchanged")}");
    }

    /// <exception cref="PodException">The pod has no container of one of the names.</exception>
    private static PodManifest Changed(PodManifest live, Dictionary<string, string> images)
    {
        var containers = live.Spec.InitContainers.Concat(live.Spec.Containers).Select(static container => container.Name).ToHashSet();
        if (images.Keys.FirstOrDefault(name => name != EveryContainer && !containers.Contains(name)) is { } unknown)
        {
            throw new PodException($"unable to find container named \"{unknown}\" in pod \"{live.Metadata.Name}\"");
        }

        return live with
        {
            Spec = live.Spec with { InitContainers = Changed(live.Spec.InitContainers, images), Containers = Changed(live.Spec.Containers, images) },
        };
    }

    private static List<ContainerSpec> Changed(IReadOnlyList<ContainerSpec> containers, Dictionary<string, string> images) =>
        [.. containers.Select(container => images.TryGetValue(container.Name, out var image) || images.TryGetValue(EveryContainer, out image) ? container with { Image = image } : container)];
}
