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
        var time = new Option<long?>("--time", "-t") { Description = "seconds between the stop signal and KILL (the manifest's terminationGracePeriodSeconds)" };
        var names = new Argument<string[]>("POD") { Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("stop", "stop pods") { time, names };
        command.SetAction(parsed => EachPod.Do(parsed.GetValue(names)!, name =>
        {
            var folders = HostOptions.FindSupervised(parsed, name);
            SupervisorProcess.Stop(folders, parsed.GetValue(time) ?? PodEnd.GraceOf(folders));
            Console.WriteLine($"pod \"{name}\" stopped");
        }));
        return command;
    }
}
