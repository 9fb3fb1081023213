using System.CommandLine;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Planning;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod plan</c>: what a manifest would come to on this host.</summary>
internal static class PlanCommand
{
    private const string Help = """
        print what "pod apply" of a manifest would do on this host, and do nothing

        Of each pod: its cgroups with their limits, its network and host ports, volumes and mounts, what of the manifest has no effect on one
        host, and what this host would refuse now. Beside a pod of that name: what would change in place, what would restart, what cannot change.

          peapod pod plan -f web.yaml
          peapod pod plan -f web.yaml -o json
        """;

    internal static Command Make()
    {
        var files = new ManifestFiles();
        var output = new Option<string?>("--output", "-o") { Description = "json or yaml (the default)", HelpName = "FORMAT", CompletionSources = { "json", "yaml" } };
        var command = new Command("plan", Help) { output };
        files.AddTo(command);
        PodDecisions.AddTo(command);
        command.SetAction(parsed =>
        {
            if (!files.AreGiven(parsed))
            {
                throw new PodException("-f FILE: what to plan is missing");
            }

            if (parsed.GetValue(output) is { } other and not ("json" or "yaml"))
            {
                throw new PodException($"-o {other}: expected json or yaml");
            }

            var (host, decisions) = (HostOptions.Host(parsed), PodDecisions.Of(parsed));
            var plans = files.Read(parsed).SelectMany(static read => read.Pods.Zip(read.Places)).Select(one => new PodPlan(host, one.First, one.Second).ToJson(decisions)).ToList();
            if (plans.Count == 0)
            {
                throw new PodException("-f: no pod in it");
            }

            if (parsed.GetValue(output) == "json")
            {
                Console.WriteLine((plans.Count == 1 ? (JsonNode)plans[0] : new JsonArray([.. plans])).ToJsonString(JsonText.Indented));
            }
            else
            {
                Console.Write(string.Join("---\n", plans.Select(YamlText.Of)));
            }

            return 0;
        });
        return command;
    }
}
