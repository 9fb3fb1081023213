using System.Text.Json;

namespace Peapod.Image.Documents;

/// <summary>One image of a <c>docker save</c> archive's manifest.json.</summary>
internal sealed record DockerArchiveManifest(string Config, IReadOnlyList<string> RepoTags, IReadOnlyList<string> Layers)
{
    internal static IReadOnlyList<DockerArchiveManifest> Read(ReadOnlyMemory<byte> json, string file) =>
        JsonField.Parse(json, file, JsonValueKind.Array).Items().Select(item => new DockerArchiveManifest(
            item.Expect(JsonValueKind.Object).RequiredString("Config"),
            item.Strings("RepoTags") ?? [],
            item.Strings("Layers") ?? throw item.Missing("Layers"))).ToList();
}
