using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Peapod.Pod.Layout;

/// <summary>A JSON file in which whoever runs this host says something.</summary>
internal static class ConfigurationFile
{
    /// <param name="path">A file that is not there says nothing.</param>
    /// <param name="type">What it holds.</param>
    /// <returns>Null when it says nothing.</returns>
    /// <exception cref="PodException">It holds something else; its path, line and key are named.</exception>
    internal static T? TryRead<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        if (PodFolders.TryRead(path) is not { } json)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException e)
        {
            throw new PodException($"{path}: line {e.LineNumber + 1}: {(e.Path is null ? "not JSON" : $"{e.Path}: unknown, or not of its type")}", e);
        }
    }
}
