using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Peapod.Oci.Json;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Writes a pod as the JSON that <see cref="ManifestReader"/> reads.</summary>
public static class ManifestWriter
{
    /// <summary>The pod as a JSON tree, without what is not set.</summary>
    public static JsonObject ToJsonNode(PodManifest pod)
    {
        var node = JsonNode.Parse(pod.ToJson())!.AsObject();
        RemoveEmptyLists(node);
        return node;
    }

    /// <summary>The pod as JSON text.</summary>
    public static string ToJson(PodManifest pod)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = MinimalEncoder.Instance }))
        {
            ToJsonNode(pod).WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void RemoveEmptyLists(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                RemoveEmptyLists(item);
            }
        }
        else if (node is JsonObject members)
        {
            foreach (var (name, value) in members.ToArray())
            {
                if (value is JsonArray { Count: 0 })
                {
                    members.Remove(name);
                }
                else
                {
                    RemoveEmptyLists(value);
                }
            }
        }
    }
}
