using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Output;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod version</c>, in kubectl's form. Client and server are one program here: there is no API server to ask.</summary>
internal static class VersionCommand
{
    /// <summary>The Kubernetes version whose schema, defaults and rules manifests are read by.</summary>
    private const string Kubernetes = "1.34";

    internal static Command Make()
    {
        var client = new Option<bool>("--client") { Description = "only the client's, which is the same" };
        var output = new Option<string?>("--output", "-o") { Description = "json or yaml", HelpName = "FORMAT", CompletionSources = { "json", "yaml" } };
        var command = new Command("version", "print the version, and the Kubernetes version that manifests are read by") { client, output };
        command.SetAction(parsed =>
        {
            var only = parsed.GetValue(client);
            switch (parsed.GetValue(output))
            {
                case null:
                    Console.WriteLine($"Client Version: v{Number}");
                    if (!only)
                    {
                        Console.WriteLine($"Server Version: v{Number}");
                    }

                    Console.WriteLine($"Kubernetes API: v{Kubernetes}");
                    break;
                case "json":
                    Console.WriteLine(ToJson(only).ToJsonString(JsonText.Indented));
                    break;
                case "yaml":
                    Console.Write(YamlText.Of(ToJson(only)));
                    break;
                case var other:
                    throw new PodException($"-o {other}: --output must be 'yaml' or 'json'");
            }

            return 0;
        });
        return command;
    }

    private static JsonObject ToJson(bool clientOnly)
    {
        var versions = new JsonObject { ["clientVersion"] = OfThis() };
        if (!clientOnly)
        {
            versions["serverVersion"] = OfThis();
        }

        versions["kubernetesVersion"] = $"v{Kubernetes}";
        return versions;
    }

    private static JsonObject OfThis()
    {
        var parts = Number.Split('.');
        return new JsonObject
        {
            ["major"] = parts[0],
            ["minor"] = parts[1],
            ["gitVersion"] = $"v{Number}",
            ["gitCommit"] = Commit,
            ["compiler"] = $"dotnet {Environment.Version}",
            ["platform"] = $"linux/{(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "amd64" : RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant())}",
        };
    }

    private static string Number => typeof(VersionCommand).Assembly.GetName().Version!.ToString(3);

    private static string Commit =>
        typeof(VersionCommand).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(static attribute => attribute.Key == "Commit")?.Value ?? "unknown";
}
