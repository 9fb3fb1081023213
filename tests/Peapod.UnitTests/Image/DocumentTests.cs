using System.Text;
using Peapod.Image;
using Peapod.Image.Documents;

namespace Peapod.UnitTests.Image;

/// <summary>The JSON documents of images, and what is said of those that cannot be used.</summary>
public sealed class DocumentTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string IndexType = "application/vnd.oci.image.index.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar";
    private const string Descriptor = $$"""{"mediaType": "{{ConfigType}}", "digest": "sha256:{{Hex}}", "size": 7}""";
    private const string NotADigest = "is not a digest that can be used; expected sha256: and 64 lower-case hexadecimal digits";

    [Fact]
    public void An_index_is_read_with_platforms_and_names()
    {
        var index = OciIndex.Read(Json($$$"""
            {"schemaVersion": 2, "mediaType": "{{{IndexType}}}", "unknown": [1], "manifests": [
              {"mediaType": "{{{ManifestType}}}", "digest": "sha256:{{{Hex}}}", "size": 7, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"},
               "annotations": {"org.opencontainers.image.ref.name": "short", "io.containerd.image.name": "docker.io/library/full:1"}},
              {"mediaType": "{{{ManifestType}}}", "digest": "sha256:{{{Hex}}}", "size": 8, "annotations": {"org.opencontainers.image.ref.name": "short"}},
              {"mediaType": "{{{ManifestType}}}", "digest": "sha256:{{{Hex}}}", "size": 9, "platform": {"os": "unknown", "architecture": "unknown"}}]}
            """), "index.json");

        Assert.Equal(["docker.io/library/full:1", "short", null], index.Manifests.Select(descriptor => descriptor.ImageName));
        Assert.Equal("linux/arm64/v8", index.Manifests[0].Platform!.ToString());
        Assert.Equal((ManifestType, "sha256:" + Hex, 7L, "index.json: manifests[0]"), (index.Manifests[0].MediaType, index.Manifests[0].Digest.ToString(), index.Manifests[0].Size, index.Manifests[0].Place));
        Assert.Equal([false, false, true], index.Manifests.Select(descriptor => descriptor.IsAttachment));
    }

    [Theory]
    [InlineData("", "index.json: not valid JSON, or nested more than 64 deep, at line 1, byte 1")]
    [InlineData("{\n \"a\":", "index.json: not valid JSON, or nested more than 64 deep, at line 2, byte 6")]
    [InlineData("{\"a\": 1,}", "index.json: not valid JSON, or nested more than 64 deep, at line 1, byte 9")]
    [InlineData("{\"a\": /* */ 1}", "index.json: not valid JSON, or nested more than 64 deep, at line 1, byte 7")]
    [InlineData("{} {}", "index.json: not valid JSON, or nested more than 64 deep, at line 1, byte 4")]
    [InlineData("{\"\\ud800\": 1}", "index.json: not valid Unicode")]
    [InlineData("[]", "index.json: expected an object, found an array")]
    [InlineData("null", "index.json: expected an object, found null")]
    [InlineData("{}", "index.json: \"schemaVersion\" is missing")]
    [InlineData("{\"schemaVersion\": 1}", "index.json: schemaVersion is 1, expected 2")]
    [InlineData("{\"schemaVersion\": \"2\"}", "index.json: schemaVersion: expected the number 2")]
    [InlineData("{\"schemaVersion\": 2}", "index.json: \"manifests\" is missing")]
    [InlineData("{\"schemaVersion\": 2, \"manifests\": null}", "index.json: \"manifests\" is missing")]
    [InlineData("{\"schemaVersion\": 2, \"manifests\": {}}", "index.json: manifests: expected an array, found an object")]
    [InlineData("{\"schemaVersion\": 2, \"manifests\": [3]}", "index.json: manifests[0]: expected an object, found a number")]
    [InlineData("{\"schemaVersion\": 2, \"manifests\": [], \"mediaType\": \"text/html\"}", $"index.json: mediaType is text/html, expected {IndexType}")]
    [InlineData("{\"schemaVersion\": 2, \"manifests\": [], \"layers\": []}", "index.json: ambiguous: it has \"manifests\" of an index and also what only a manifest has")]
    [InlineData("{\"schemaVersion\": 2, \"manifests\": [], \"manifests\": []}", "index.json: \"manifests\" is given twice in one object")]
    [InlineData("{\"schemaVersion\": 2, \"manifests\": [{\"a\\u001b\": 1, \"a\\u001b\": 1}]}", "index.json: \"a\\u001b\" is given twice in one object")]
    public void Unusable_index_is_told_with_file_and_field(string json, string message) => Assert.Equal(message, Refused(() => OciIndex.Read(Json(json), "index.json")));

    [Theory]
    [InlineData("{}", "\"mediaType\" is missing", "")]
    [InlineData("""{"mediaType": 5}""", "expected a string, found a number", ".mediaType")]
    [InlineData("""{"mediaType": "m"}""", "\"digest\" is missing", "")]
    [InlineData("""{"mediaType": "m", "digest": null}""", "\"digest\" is missing", "")]
    [InlineData("""{"mediaType": "m", "digest": true}""", "expected a string, found a boolean", ".digest")]
    [InlineData("""{"mediaType": "m", "digest": "sha512:00"}""", $"\"sha512:00\" {NotADigest}", ".digest")]
    [InlineData($$"""{"mediaType": "m", "digest": "sha256:{{Hex}}"}""", "\"size\" is missing", "")]
    [InlineData($$"""{"mediaType": "m", "digest": "sha256:{{Hex}}", "size": -1}""", "expected a size in bytes", ".size")]
    [InlineData($$"""{"mediaType": "m", "digest": "sha256:{{Hex}}", "size": 1.5}""", "expected a size in bytes", ".size")]
    [InlineData($$"""{"mediaType": "m", "digest": "sha256:{{Hex}}", "size": 9223372036854775808}""", "expected a size in bytes", ".size")]
    [InlineData($$"""{"mediaType": "m", "digest": "sha256:{{Hex}}", "size": "7"}""", "expected a size in bytes", ".size")]
    [InlineData($$"""{"mediaType": "m", "digest": "sha256:{{Hex}}", "size": 7, "platform": "linux"}""", "expected an object, found a string", ".platform")]
    [InlineData($$$"""{"mediaType": "m", "digest": "sha256:{{{Hex}}}", "size": 7, "platform": {"os": "linux"}}""", "\"architecture\" is missing", ".platform")]
    [InlineData($$$"""{"mediaType": "m", "digest": "sha256:{{{Hex}}}", "size": 7, "annotations": {"a\u001bb": 5}}""", "expected a string, found a number", ".annotations.a\\u001bb")]
    [InlineData($$$"""{"mediaType": "m", "digest": "sha256:{{{Hex}}}", "size": 7, "annotations": {"a": "\ud800"}}""", "not valid Unicode", ".annotations.a")]
    public void Unusable_descriptor_is_told_with_its_place(string descriptor, string message, string field) => Assert.Equal(
        $"index.json: manifests[1]{field}: {message}",
        Refused(() => OciIndex.Read(Json($$"""{"schemaVersion": 2, "manifests": [{{Descriptor}}, {{descriptor}}]}"""), "index.json")));

    [Theory]
    [InlineData(63)]
    [InlineData(10_000)]
    public void Document_nested_too_deep_is_refused(int depth)
    {
        var message = Refused(() => OciIndex.Read(Json($$"""{"schemaVersion": 2, "x": {{new string('[', depth + 1)}}{{new string(']', depth + 1)}}, "manifests": []}"""), "index.json"));

        Assert.Equal("index.json: not valid JSON, or nested more than 64 deep, at line 1, byte 90", message);
    }

    [Fact]
    public void Document_nested_64_deep_is_read() =>
        Assert.Empty(OciIndex.Read(Json($$"""{"schemaVersion": 2, "x": {{new string('[', 63)}}{{new string(']', 63)}}, "manifests": []}"""), "index.json").Manifests);

    [Fact]
    public void A_manifest_is_read_with_its_layers_in_order()
    {
        var manifest = OciManifest.Read(Json($$"""
            {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
             "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": "sha256:{{Hex}}", "size": 1},
             "layers": [{"mediaType": "a", "digest": "sha256:{{Hex}}", "size": 2}, {"mediaType": "b", "digest": "sha256:{{Hex}}", "size": 3}]}
            """), "m");

        Assert.Equal(["a", "b"], manifest.Layers.Select(layer => layer.MediaType));
        Assert.Equal(1, manifest.Config.Size);
    }

    [Theory]
    [InlineData("\"layers\": []", "m: \"config\" is missing")]
    [InlineData($"\"config\": {Descriptor}", "m: \"layers\" is missing")]
    [InlineData($"\"config\": {Descriptor}, \"layers\": [], \"manifests\": []", "m: ambiguous: it is referred to as a manifest and also has what only an index or an older manifest has")]
    [InlineData($"\"config\": {Descriptor}, \"layers\": [], \"fsLayers\": []", "m: ambiguous: it is referred to as a manifest and also has what only an index or an older manifest has")]
    [InlineData($"\"config\": {Descriptor}, \"layers\": [], \"mediaType\": \"{IndexType}\"", $"m: mediaType is {IndexType}, expected {ManifestType}")]
    [InlineData($"\"config\": {Descriptor}, \"layers\": [[]]", "m: layers[0]: expected an object, found an array")]
    [InlineData(
        $$"""
        "layers": [], "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": "sha256:{{Hex}}", "size": 7}
        """,
        $"m: config: not a container image: its configuration is of media type application/vnd.wasm.config.v0+json, expected {ConfigType}")]
    public void Unusable_manifest_is_told_with_file_and_field(string fields, string message) =>
        Assert.Equal(message, Refused(() => OciManifest.Read(Json($$$"""{"schemaVersion": 2, {{{fields}}}}"""), "m")));

    [Theory]
    [InlineData(LayerType, "None")]
    [InlineData(LayerType + "+gzip", "Gzip")]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar", "None")]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.gzip", "Gzip")]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "Gzip")]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "Gzip")]
    public void Media_type_of_a_layer_says_how_it_is_packed(string type, string compression) => Assert.Equal(compression, MediaType.CompressionOf(type, "m").ToString());

    [Theory]
    [InlineData(LayerType + "+xz", $"m: media type {LayerType}+xz is not a layer's; expected {LayerType}, {LayerType}+gzip or {LayerType}+zstd")]
    [InlineData("text/plain", $"m: media type text/plain is not a layer's; expected {LayerType}, {LayerType}+gzip or {LayerType}+zstd")]
    [InlineData("", $"m: media type  is not a layer's; expected {LayerType}, {LayerType}+gzip or {LayerType}+zstd")]
    public void Media_type_of_no_layer_that_can_be_read_is_refused(string type, string message) => Assert.Equal(message, Refused(() => MediaType.CompressionOf(type, "m")));

    [Fact]
    public void A_configuration_is_read_in_full()
    {
        var configuration = OciConfiguration.Read(Json($$$"""
            {"os": "linux", "architecture": "arm64", "variant": "v8", "created": "2024-05-01T10:00:00.5Z", "rootfs": {"type": "layers", "diff_ids": ["sha256:{{{Hex}}}"]},
             "config": {"Env": ["A=b"], "Entrypoint": [], "Cmd": null, "User": "u", "WorkingDir": "/w", "StopSignal": "9", "Volumes": {"/v": {}}, "ExposedPorts": {"80/tcp": {}},
              "Labels": {"k": "v"}, "Healthcheck": {"Test": ["x"]} } }
            """), "c");

        Assert.Equal(("linux/arm64/v8", new DateTimeOffset(2024, 5, 1, 10, 0, 0, 500, TimeSpan.Zero)), (configuration.Platform.ToString(), configuration.Created));
        Assert.Equal("sha256:" + Hex, Assert.Single(configuration.DiffIds).ToString());
        var config = configuration.Config;
        Assert.Equal(("A=b", "u", "/w", "9", "/v", "80/tcp", "v"),
            (config.Env[0], config.User, config.WorkingDir, config.StopSignal, config.Volumes[0], config.ExposedPorts[0], config.Labels["k"]));
        Assert.Empty(config.Entrypoint!);
        Assert.Null(config.Cmd);
    }

    [Fact]
    public void A_configuration_says_as_little_as_it_likes()
    {
        var configuration = OciConfiguration.Read(Json("""{"os": "linux", "architecture": "amd64", "created": "yesterday", "rootfs": {"type": "layers"}, "config": null}"""), "c");

        Assert.Null(configuration.Created);
        Assert.Empty(configuration.DiffIds);
        Assert.Equal(("", 0, null), (configuration.Config.User, configuration.Config.Env.Count, configuration.Config.Entrypoint));
    }

    [Theory]
    [InlineData("""{"os": "linux", "architecture": "amd64"}""", "c: \"rootfs\" is missing")]
    [InlineData("""{"rootfs": {"type": "layers"}, "architecture": "amd64"}""", "c: \"os\" is missing")]
    [InlineData("""{"rootfs": {"type": "layers"}, "os": "linux"}""", "c: \"architecture\" is missing")]
    [InlineData("""{"rootfs": {}}""", "c: rootfs: \"type\" is missing")]
    [InlineData("""{"rootfs": {"type": "tree"}}""", "c: rootfs.type: is \"tree\", expected \"layers\"")]
    [InlineData("""{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ["x"]}}""", $"c: rootfs.diff_ids[0]: \"x\" {NotADigest}")]
    [InlineData("""{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [null]}}""", "c: rootfs.diff_ids[0]: expected a string, found null")]
    [InlineData("""{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers"}, "config": {"Cmd": "sh"}}""", "c: config.Cmd: expected an array, found a string")]
    [InlineData("""{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers"}, "config": {"Env": ["A", 1]}}""", "c: config.Env[1]: expected a string, found a number")]
    [InlineData("""{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers"}, "config": {"Volumes": ["/v"]}}""", "c: config.Volumes: expected an object, found an array")]
    public void Unusable_configuration_is_told_with_file_and_field(string json, string message) => Assert.Equal(message, Refused(() => OciConfiguration.Read(Json(json), "c")));

    [Fact]
    public void A_docker_archive_lists_its_images()
    {
        var images = DockerArchiveManifest.Read(Json("""[{"Config": "c.json", "RepoTags": ["a:1", "b:2"], "Layers": ["x/layer.tar"]}, {"Config": "d", "RepoTags": null, "Layers": []}]"""), "manifest.json");

        Assert.Equal(("c.json", "a:1 b:2", "x/layer.tar"), (images[0].Config, string.Join(' ', images[0].RepoTags), Assert.Single(images[0].Layers)));
        Assert.Equal(("d", 0, 0), (images[1].Config, images[1].RepoTags.Count, images[1].Layers.Count));
    }

    [Theory]
    [InlineData("{}", "manifest.json: expected an array, found an object")]
    [InlineData("[1]", "manifest.json[0]: expected an object, found a number")]
    [InlineData("[{}]", "manifest.json[0]: \"Config\" is missing")]
    [InlineData("""[{"Config": "c"}]""", "manifest.json[0]: \"Layers\" is missing")]
    [InlineData("""[{"Config": "c", "Layers": [], "RepoTags": "a"}]""", "manifest.json[0]: RepoTags: expected an array, found a string")]
    public void Unusable_list_of_a_docker_archive_is_told_with_its_field(string json, string message) =>
        Assert.Equal(message, Refused(() => DockerArchiveManifest.Read(Json(json), "manifest.json")));

    private static byte[] Json(string text) => Encoding.UTF8.GetBytes(text);

    private static string Refused(Action read) => Assert.Throws<ImageException>(read).Message;
}
