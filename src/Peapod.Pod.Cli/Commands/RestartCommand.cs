using System.CommandLine;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod restart</c>: stops containers of pods and starts them again, whatever the restart policy says.</summary>
internal static class RestartCommand
{
    internal static Command Make()
    {
        var container = new Option<string?>("--container", "-c") { Description = "only this container", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers } };
        var time = new Option<long?>("--time", "-t") { Description = "seconds between the stop signal and KILL (the manifest's terminationGracePeriodSeconds)", HelpName = "SECONDS" };
        var names = new Argument<string[]>("POD") { Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("restart", "stop the containers of pods and start them again; address and volumes stay") { container, time, names };
        command.SetAction(parsed => EachPod.Do(parsed.GetValue(names)!, name =>
        {
            var folders = HostOptions.FindSupervised(parsed, name);
            SupervisorProcess.Restart(folders, parsed.GetValue(container) is { } wanted ? ContainerChoice.Choose(folders, wanted) : null, parsed.GetValue(time));
            Console.WriteLine($"pod/{folders.Name} restarted");
        }));
        return command;
    }
}
