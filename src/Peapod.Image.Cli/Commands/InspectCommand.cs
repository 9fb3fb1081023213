using System.CommandLine;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Commands;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Image.Cli.Commands;

/// <summary><c>peapod image inspect</c>: what an image says of itself, in podman's words.</summary>
internal static class InspectCommand
{
    internal static Command Make()
    {
        var names = new Argument<string[]>("IMAGE") { Description = "names or ids", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Images } };
        var command = new Command("inspect", "show all about images, as JSON") { names };
        command.SetAction(parsed =>
        {
            var store = ImageCommands.Store(parsed);
            var images = new JsonArray();
            var exitCode = EachPod.Do(parsed.GetValue(names)!, name => images.Add((JsonNode)Describe(store, store.Resolve(name))));
            Console.WriteLine(images.ToJsonString(JsonText.Indented));
            return exitCode;
        });
        return command;
    }

    private static JsonObject Describe(ImageStore store, ContainerImage image)
    {
        var configuration = JsonNode.Parse(store.ReadConfiguration(image))!.AsObject();
        var manifest = JsonNode.Parse(store.ReadManifest(image))!.AsObject();
        var config = configuration["config"]?.DeepClone() ?? new JsonObject();
        return new()
        {
            ["Id"] = image.Id.Hex,
            ["Digest"] = image.Digest.ToString(),
            ["RepoTags"] = new JsonArray([.. image.Names.Where(static name => !name.Contains('@')).Select(static name => (JsonNode)name)]),
            ["RepoDigests"] = new JsonArray([.. image.Names.Select(name => (JsonNode)$"{ImageReference.Parse(name).Repository}@{image.Digest}").DistinctBy(static name => (string)name!)]),
            ["Created"] = configuration["created"]?.DeepClone(),
            ["Author"] = configuration["author"]?.DeepClone(),
            ["Config"] = config,
            ["Architecture"] = configuration["architecture"]?.DeepClone(),
            ["Variant"] = configuration["variant"]?.DeepClone(),
            ["Os"] = configuration["os"]?.DeepClone(),
            ["Size"] = image.Size,
            ["RootFS"] = new JsonObject { ["Type"] = "layers", ["Layers"] = new JsonArray([.. image.DiffIds.Select(static id => (JsonNode)id.ToString())]) },
            ["Labels"] = config["Labels"]?.DeepClone(),
            ["Annotations"] = manifest["annotations"]?.DeepClone() ?? new JsonObject(),
            ["ManifestType"] = manifest["mediaType"]?.DeepClone() ?? "application/vnd.oci.image.manifest.v1+json",
            ["History"] = configuration["history"]?.DeepClone(),
        };
    }
}
