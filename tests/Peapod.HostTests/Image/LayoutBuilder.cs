using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Peapod.HostTests.Image;

/// <summary>Writes small OCI image layouts, whole or with something wrong in them.</summary>
internal sealed class LayoutBuilder
{
    internal const string GzipType = "application/vnd.oci.image.layer.v1.tar+gzip";

    private readonly string folder;
    private readonly JsonArray index = [];

    internal LayoutBuilder(string folder)
    {
        this.folder = folder;
        Directory.CreateDirectory($"{folder}/blobs/sha256");
        File.WriteAllText($"{folder}/oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
    }

    internal static string Architecture => RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 ? "amd64" : "arm64";

    internal string Folder => folder;

    /// <summary>Changes the manifest before it is written.</summary>
    internal Action<JsonObject> Manifest { get; init; } = _ => { };

    /// <summary>Changes the configuration before it is written.</summary>
    internal Action<JsonObject> Configuration { get; init; } = _ => { };

    internal static string Sha256(byte[] data) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(data));

    internal string Blob(string digest) => $"{folder}/blobs/sha256/{digest[7..]}";

    internal LayoutBuilder Add(string? name, params byte[][] layers) => Add(name, true, layers);

    internal LayoutBuilder Add(string? name, bool gzip, params byte[][] layers)
    {
        var descriptor = WriteImage(gzip, layers);
        if (name is not null)
        {
            descriptor["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = name };
        }

        index.Add(descriptor);
        return this;
    }

    /// <summary>An index of the image for this host and one for another.</summary>
    internal LayoutBuilder AddIndex(string name, byte[] layer)
    {
        var here = WriteImage(true, [layer]);
        here["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = Architecture };
        var there = new JsonObject
        {
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["digest"] = "sha256:" + new string('0', 64),
            ["size"] = 10,
            ["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = "s390x" },
        };
        var nested = new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(there, here) };
        var descriptor = Write(nested, "application/vnd.oci.image.index.v1+json");
        descriptor["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = name };
        index.Add(descriptor);
        return this;
    }

    /// <summary>An entry as it is, over which nobody has watched.</summary>
    internal LayoutBuilder AddEntry(JsonObject descriptor)
    {
        index.Add(descriptor);
        return this;
    }

    internal string Finish()
    {
        File.WriteAllText($"{folder}/index.json", new JsonObject { ["schemaVersion"] = 2, ["manifests"] = index.DeepClone() }.ToJsonString());
        return folder;
    }

    internal static JsonObject NewConfiguration(JsonArray diffIds) => new()
    {
        ["os"] = "linux",
        ["architecture"] = Architecture,
        ["created"] = "2024-05-01T10:00:00Z",
        ["config"] = new JsonObject
        {
            ["Env"] = new JsonArray("PATH=/bin"),
            ["Cmd"] = new JsonArray("sh"),
            ["User"] = "1000:1000",
            ["WorkingDir"] = "/srv",
            ["StopSignal"] = "SIGINT",
            ["Volumes"] = new JsonObject { ["/data"] = new JsonObject() },
            ["ExposedPorts"] = new JsonObject { ["80/tcp"] = new JsonObject() },
            ["Labels"] = new JsonObject { ["a"] = "b" },
        },
        ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = diffIds },
    };

    private JsonObject WriteImage(bool gzip, byte[][] layers)
    {
        var diffIds = new JsonArray();
        var descriptors = new JsonArray();
        foreach (var layer in layers)
        {
            diffIds.Add(Sha256(layer));
            descriptors.Add(Write(gzip ? TarBuilder.Gzip(layer) : layer, gzip ? GzipType : GzipType[..^5]));
        }

        var config = NewConfiguration(diffIds);
        Configuration(config);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Write(config, "application/vnd.oci.image.config.v1+json"),
            ["layers"] = descriptors,
        };
        Manifest(manifest);
        return Write(manifest, "application/vnd.oci.image.manifest.v1+json");
    }

    internal JsonObject Write(JsonObject document, string mediaType) => Write(System.Text.Encoding.UTF8.GetBytes(document.ToJsonString()), mediaType);

    private JsonObject Write(byte[] data, string mediaType)
    {
        var digest = Sha256(data);
        File.WriteAllBytes(Blob(digest), data);
        return new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = data.Length };
    }
}
