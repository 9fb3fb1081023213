using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod stop</c>: the stop signal, then KILL; the pod's record, volumes and logs stay.</summary>
internal static class StopCommand
{
    internal static Command Make()
    {
        var time = new Option<long?>("--time", "-t") { Description = "seconds between the stop signal and KILL (the manifest's terminationGracePeriodSeconds)", HelpName = "SECONDS" };
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("stop", "stop pods") { time, names };
        command.SetAction(parsed => EachPod.Do(parsed.GetValue(names)!, name =>
        {
            var folders = HostOptions.FindSupervised(parsed, name);
            PodEnd.Stop(folders, parsed.GetValue(time) is { } seconds ? Seconds(seconds) : PodEnd.GraceOf(folders));
            Console.WriteLine($"pod \"{folders.Name}\" stopped");
        }));
        return command;
    }

    private static long Seconds(long given) => given >= 0 ? given : throw new PodException($"--time {given}: expected 0 or more seconds");
}
