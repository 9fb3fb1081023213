using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod stop</c>: the stop signal, then KILL; the pod's record, volumes and logs stay.</summary>
internal static class StopCommand
{
    internal static Command Make()
    {
        var time = PodEnd.TimeOption();
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("stop", "stop pods") { time, names };
        command.SetAction(parsed => EachPod.Do(parsed.GetValue(names)!, name =>
        {
            var folders = HostOptions.FindSupervised(parsed, name);
            PodEnd.Stop(folders, PodEnd.SecondsOf(parsed, time) ?? PodEnd.GraceOf(folders));
            Console.WriteLine($"pod \"{folders.Name}\" stopped");
        }));
        return command;
    }
}
