using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod stop</c>: the stop signal, then KILL; the pod's record, volumes and logs stay.</summary>
internal static class StopCommand
{
    internal static Command Make()
    {
        var time = PodEnd.TimeOption();
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("stop", "stop pods") { time, names };
        command.SetAction(parsed =>
        {
            var seconds = PodEnd.SecondsOf(parsed, time);
            return PodsAtOnce.Do(parsed.GetValue(names)!, name => HostOptions.FindSupervised(parsed, name), folders =>
            {
                SupervisorProcess.Stop(folders, seconds ?? PodEnd.GraceOf(folders));
                return $"pod \"{folders.Name}\" stopped";
            });
        });
        return command;
    }
}
