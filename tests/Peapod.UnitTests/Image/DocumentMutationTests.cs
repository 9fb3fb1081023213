using System.Text;
using System.Text.Json.Nodes;
using Peapod.Image;
using Peapod.Image.Documents;
using Peapod.Image.Store;

namespace Peapod.UnitTests.Image;

/// <summary>Documents with one value exchanged or removed, or cut off: each is read or refused in a sentence, nothing else.</summary>
public sealed class DocumentMutationTests : IDisposable
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Platform = """{"os": "linux", "architecture": "amd64", "variant": "v2"}""";
    private const string Descriptor = $$$"""{"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "{{{Digest}}}", "size": 7, "platform": {{{Platform}}}, "annotations": {"a": "b"}}""";

    private static readonly string[] Replacements =
        ["null", "true", "-1", "1.5", "99999999999999999999", "1e400", "\"\"", "\"x\\u0000\\u001b\"", "\"\\ud800\"", "[]", "[[]]", "{}", "{\"a\": 1}", new string('[', 70) + new string(']', 70)];

    private readonly string folder = Directory.CreateTempSubdirectory("peapod-mutations-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Mutated_index() => Check($$"""{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{{Descriptor}}]}""", json => OciIndex.Read(json, "file"), "file");

    [Fact]
    public void Mutated_manifest() => Check(
        $$"""{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {{Descriptor}}, "layers": [{{Descriptor}}]}""", json => OciManifest.Read(json, "file"), "file");

    [Fact]
    public void Mutated_configuration() => Check(
        $$$"""
        {"os": "linux", "architecture": "amd64", "variant": "v2", "created": "2024-05-01T10:00:00Z", "rootfs": {"type": "layers", "diff_ids": ["{{{Digest}}}"]},
         "config": {"Env": ["A=b"], "Entrypoint": ["a"], "Cmd": ["b"], "User": "u", "WorkingDir": "/", "StopSignal": "9", "Volumes": {"/v": {}}, "ExposedPorts": {"80": {}}, "Labels": {"k": "v"} } }
        """,
        json => OciConfiguration.Read(json, "file"),
        "file");

    [Fact]
    public void Mutated_list_of_a_docker_archive() => Check("""[{"Config": "c", "RepoTags": ["a"], "Layers": ["l"]}]""", json => DockerArchiveManifest.Read(json, "file"), "file");

    [Fact]
    public void Mutated_table() => Check(
        $$$"""{"schemaVersion": 2, "manifests": [{"mediaType": "m", "digest": "{{{Digest}}}", "size": 5, "annotations": {"org.opencontainers.image.ref.name": "a", "io.peapod.image.id": "{{{Digest}}}"} }]}""",
        json =>
        {
            File.WriteAllBytes($"{folder}/index.json", json);
            ReferenceTable.Read(folder);
        },
        $"{folder}/index.json");

    [Fact]
    public void Mutated_record()
    {
        Assert.True(Peapod.Image.Digest.TryParse(Digest, out var digest));
        var image = new ContainerImage
        {
            Id = digest,
            Digest = digest,
            Created = DateTimeOffset.UnixEpoch,
            Config = new() { Env = ["A=b"], Entrypoint = ["a"], Cmd = ["b"], Volumes = ["/v"], ExposedPorts = ["80"], Labels = new Dictionary<string, string> { ["k"] = "v" } },
            DiffIds = [digest],
            LayerPaths = [],
            Stack = [digest],
            Blobs = [digest],
        };
        Check(
            Encoding.UTF8.GetString(ImageRecord.Write(image)),
            json =>
            {
                File.WriteAllBytes($"{folder}/record", json);
                ImageRecord.TryRead($"{folder}/record", new("/store"));
            },
            $"{folder}/record");
    }

    private static void Check(string document, Action<byte[]> read, string file)
    {
        read(Encoding.UTF8.GetBytes(document));
        var refused = 0;
        foreach (var mutation in Mutations(document))
        {
            try
            {
                read(Encoding.UTF8.GetBytes(mutation));
            }
            catch (ImageException error)
            {
                refused++;
                Assert.StartsWith(file, error.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(error.Message, static character => char.IsControl(character) && character != '\n');
            }
        }

        Assert.InRange(refused, document.Length, int.MaxValue);
    }

    private static IEnumerable<string> Mutations(string document)
    {
        for (var length = 1; length < document.TrimEnd().Length; length++)
        {
            yield return document[..length];
        }

        var count = Values(JsonNode.Parse(document)!).Count();
        for (var number = 1; number < count; number++)
        {
            foreach (var replacement in Replacements)
            {
                var marker = JsonNode.Parse(document)!;
                Values(marker).ElementAt(number).ReplaceWith("@@@");
                yield return marker.ToJsonString().Replace("\"@@@\"", replacement, StringComparison.Ordinal);
            }

            var shorter = JsonNode.Parse(document)!;
            var value = Values(shorter).ElementAt(number);
            switch (value.Parent)
            {
                case JsonObject parent:
                    parent.Remove(value.GetPropertyName());
                    break;
                case JsonArray parent:
                    parent.Remove(value);
                    break;
            }

            yield return shorter.ToJsonString();
        }
    }

    private static IEnumerable<JsonNode> Values(JsonNode node)
    {
        yield return node;
        var children = node switch
        {
            JsonObject parent => parent.Select(property => property.Value!),
            JsonArray parent => parent.Select(item => item!),
            _ => [],
        };
        foreach (var value in children.ToList().SelectMany(Values))
        {
            yield return value;
        }
    }
}
