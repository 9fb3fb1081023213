using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod inspect</c>: the manifest with its defaults, and the status.</summary>
internal static class InspectCommand
{
    /// <summary>Readable: this is no HTML page, where an ampersand would mean something.</summary>
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static Command Make()
    {
        var name = new Argument<string>("POD");
        var command = new Command("inspect", "print a pod's manifest and status as JSON") { name };
        command.SetAction(parsed =>
        {
            Console.WriteLine(ToJson(HostOptions.FindSupervised(parsed, parsed.GetValue(name)!)));
            return 0;
        });
        return command;
    }

    internal static string ToJson(PodFolders folders)
    {
        var manifest = JsonNode.Parse(Encoding.UTF8.GetString(PodFolders.TryRead(folders.Manifest) ?? "{}"u8.ToArray()))!.AsObject();
        if (PodFolders.TryRead($"{folders.Run}/status.json") is { } status)
        {
            manifest["status"] = JsonNode.Parse(status);
        }

        return manifest.ToJsonString(Indented);
    }
}
