using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod stop</c>: the stop signal, then KILL; the pod's record, volumes and logs stay.</summary>
internal static class StopCommand
{
    private const string Help = """
        stop pods; "pod start" starts them again

          peapod pod stop web
          peapod pod stop --all --until-boot     before the host goes down: "pod start --all" starts again what ran
        """;

    internal static Command Make()
    {
        var time = PodEnd.TimeOption();
        var all = new Option<bool>("--all", "-a") { Description = "the pods of all namespaces" };
        var untilBoot = new Option<bool>("--until-boot") { Description = "\"pod start --all\" starts them again" };
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.ZeroOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("stop", Help) { time, all, untilBoot, names };
        command.SetAction(parsed =>
        {
            var (seconds, given, returns) = (PodEnd.SecondsOf(parsed, time), parsed.GetValue(names) ?? [], parsed.GetValue(untilBoot));
            if (parsed.GetValue(all) == given.Length > 0)
            {
                throw new PodException(given.Length > 0 ? "--all: pods cannot be named together with it" : "POD or --all: say which pods to stop");
            }

            return parsed.GetValue(all)
                ? PodsAtOnce.Do(HostOptions.Host(parsed).Pods(), static folders => IsOver(folders) ? null : folders, folders => Stop(folders, seconds, returns))
                : PodsAtOnce.Do(given, name => HostOptions.FindSupervised(parsed, name), folders => Stop(folders, seconds, returns));
        });
        return command;
    }

    private static bool IsOver(PodFolders folders) => StatusFile.TryRead(folders) is null or { Phase: Objects.PodPhase.Succeeded or Objects.PodPhase.Failed };

    private static string Stop(PodFolders folders, long? seconds, bool returns)
    {
        // Before the stop, whose end nobody may live to see when the host goes down.
        PodRecord.WriteBeforeStop(folders, returns ? StatusFile.TryRead(folders) : null);
        SupervisorProcess.Stop(folders, seconds ?? PodEnd.GraceOf(folders));
        return $"pod \"{folders.Name}\" stopped";
    }
}
