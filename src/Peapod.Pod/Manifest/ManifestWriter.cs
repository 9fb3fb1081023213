using System.Text.Json;
using System.Text.Json.Nodes;

namespace Peapod.Pod.Manifest;

/// <summary>Writes a pod as the JSON that <see cref="ManifestReader"/> reads.</summary>
public static class ManifestWriter
{
    /// <summary>The pod as a JSON tree, without what is not set.</summary>
    public static JsonObject ToJsonNode(PodManifest pod)
    {
        var node = JsonSerializer.SerializeToNode(pod, ManifestJsonContext.Default.PodManifest)!.AsObject();
        RemoveEmptyLists(node);
        return node;
    }

    /// <summary>The pod as JSON text.</summary>
    public static string ToJson(PodManifest pod, bool indented = true) =>
        ToJsonNode(pod).ToJsonString(indented ? Indented : ManifestJsonContext.Default.Options);

    private static JsonSerializerOptions Indented { get; } = new(ManifestJsonContext.Default.Options) { WriteIndented = true };

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
