using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod rm</c>: removes stopped pods with their volumes and logs; with --force whatever is there of a pod.</summary>
internal static class RmCommand
{
    private const string Help = """
        remove stopped pods with their volumes and logs

        --force kills one that runs; "pod delete" stops it within its grace period. Data of claims and of hostPath volumes stay.
        """;

    internal static Command Make()
    {
        var force = new Option<bool>("--force", "-f") { Description = "also one that runs, or that was half made" };
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("rm", Help) { force, names };
        command.SetAction(parsed =>
        {
            PodEnd.WarnOfNetwork(HostOptions.Host(parsed));
            return EachPod.Do(parsed.GetValue(names)!, name => Remove(parsed, force, name));
        });
        return command;
    }

    private static void Remove(ParseResult parsed, Option<bool> force, string name)
    {
        var folders = parsed.GetValue(force) ? HostOptions.TryFindLost(parsed, name) ?? HostOptions.Find(parsed, name) : HostOptions.Find(parsed, name);
        Remove(folders, parsed.GetValue(force));
        Console.WriteLine($"pod \"{folders.Name}\" deleted");
    }

    private static void Remove(PodFolders folders, bool force)
    {
        if (!force && StatusFile.TryRead(folders) is { Phase: PodPhase.Running or PodPhase.Pending })
        {
            throw new PodException($"pod \"{folders.Name}\" is running\n  stop it first, or use --force");
        }

        SupervisorProcess.Remove(folders);
    }
}
