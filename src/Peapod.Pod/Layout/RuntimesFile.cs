using System.Text.Json.Serialization;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Shim.Runtimes;

namespace Peapod.Pod.Layout;

/// <summary>
/// The host's file that says which OCI runtime each handler is: <c>{"HANDLER": {"path": "/usr/bin/crun", "args": ["--debug"]}}</c>. The handler
/// <c>peapod</c> needs no entry. A pod keeps the one that it was started with: a later change of the file is for later pods.
/// </summary>
public static class RuntimesFile
{
    public const string DefaultPath = "/etc/peapod/runtimes.json";

    /// <summary>This runtime's own.</summary>
    internal const string Own = "peapod";

    /// <summary>The runtime of a handler, or null for our own.</summary>
    /// <exception cref="PodException">There is no such handler, or it cannot be executed.</exception>
    internal static RuntimeHandler? Find(string path, string handler)
    {
        var runtimes = Read(path);
        if (runtimes.TryGetValue(handler, out var found))
        {
            Check(path, handler, found);
            return found;
        }

        return handler == Own ? null : throw new PodException($"Failed to create pod sandbox: no runtime for \"{handler}\" is configured\n  {path} says which there are: {{\"{handler}\": {{\"path\": \"/usr/bin/{handler}\"}}}}");
    }

    internal static IReadOnlyDictionary<string, RuntimeHandler> Read(string path)
    {
        var runtimes = new Dictionary<string, RuntimeHandler>();
        foreach (var (name, entry) in ConfigurationFile.TryRead(path, RuntimesFileJson.Default.DictionaryStringRuntimeEntry) ?? [])
        {
            runtimes[name] = new RuntimeHandler { Path = entry.Path ?? "", Args = entry.Args ?? [] };
        }

        return runtimes;
    }

    private static void Check(string path, string handler, RuntimeHandler found)
    {
        if (!found.Path.StartsWith('/'))
        {
            throw new PodException($"{path}: {handler}.path: \"{found.Path}\" must be an absolute path");
        }

        if (FileSystem.TryStat(found.Path) is not { Type: Libc.S_IFREG } file || (file.Mode & 0x49) == 0)
        {
            throw new PodException($"{path}: {handler}.path: \"{found.Path}\" is not there, or cannot be executed");
        }
    }
}

internal sealed record RuntimeEntry
{
    public string? Path { get; init; }

    public string[]? Args { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Dictionary<string, RuntimeEntry>))]
internal sealed partial class RuntimesFileJson : JsonSerializerContext;
