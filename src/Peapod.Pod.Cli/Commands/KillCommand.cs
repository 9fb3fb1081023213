using System.CommandLine;
using Peapod.Kernel.Processes;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod kill</c>: a signal for the containers of pods; what they do then, and whether they are started again, is theirs and the restart policy's.</summary>
internal static class KillCommand
{
    internal static Command Make()
    {
        var signal = new Option<string>("--signal", "-s") { Description = "name or number", DefaultValueFactory = static _ => "KILL", HelpName = "SIGNAL" };
        var container = new Option<string?>("--container", "-c") { Description = "only this container", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers } };
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("kill", "send a signal to the containers of pods, which are started again as their restart policy says") { signal, container, names };
        command.SetAction(parsed =>
        {
            if (!Signals.TryParse(parsed.GetValue(signal)!, out var number))
            {
                throw new PodException($"--signal \"{parsed.GetValue(signal)}\": not a signal\n  expected such as TERM, SIGHUP or 9");
            }

            return EachPod.Do(parsed.GetValue(names)!, name =>
            {
                var folders = HostOptions.FindSupervised(parsed, name);
                SupervisorProcess.Kill(folders, parsed.GetValue(container) is { } wanted ? ContainerChoice.Choose(folders, wanted) : null, number);
                Console.WriteLine($"pod/{folders.Name} killed");
            });
        });
        return command;
    }
}
