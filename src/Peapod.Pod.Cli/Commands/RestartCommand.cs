using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod restart</c>: stops containers of pods and starts them again, whatever the restart policy says.</summary>
internal static class RestartCommand
{
    /// <summary>Milliseconds for the start, after the grace period.</summary>
    private const long Patience = 10_000;

    /// <summary>Milliseconds between two looks. A watch for each pod would take more of inotify(7) than a user has.</summary>
    private const int Pause = 50;

    internal static Command Make()
    {
        var container = new Option<string?>("--container", "-c") { Description = "only this container", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers } };
        var time = PodEnd.TimeOption();
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("restart", "stop the containers of pods and start them again; address and volumes stay") { container, time, names };
        command.SetAction(parsed =>
        {
            var (wanted, seconds) = (parsed.GetValue(container), PodEnd.SecondsOf(parsed, time));
            return PodsAtOnce.Do(parsed.GetValue(names)!, name => HostOptions.FindSupervised(parsed, name), folders =>
            {
                Restart(folders, wanted is null ? null : ContainerChoice.Choose(folders, wanted), seconds);
                return $"pod/{folders.Name} restarted";
            });
        });
        return command;
    }

    /// <summary>Returns when the containers run anew, whatever becomes of the supervisor meanwhile.</summary>
    /// <exception cref="PodException">They do not, in the time that it may take.</exception>
    private static void Restart(PodFolders folders, string? container, long? graceSeconds)
    {
        if (StatusFile.TryRead(folders) is { Phase: PodPhase.Succeeded or PodPhase.Failed })
        {
            throw new PodException($"pod \"{folders.Name}\" is not running\n  \"peapod pod start {folders.Argument}\" starts it again");
        }

        var grace = graceSeconds ?? PodEnd.GraceOf(folders);
        var before = Runs(folders, container);
        SupervisorProcess.Restart(folders, container, graceSeconds);
        var end = Environment.TickCount64 + (1000 * grace) + Patience;
        while (SupervisorProcess.TakeOver(folders) && Runs(folders, container).Overlaps(before))
        {
            if (Environment.TickCount64 >= end)
            {
                throw new PodException($"pod \"{folders.Name}\": its containers have not started again in {grace + (Patience / 1000)} seconds\n  \"peapod pod events {folders.Argument}\" may say why");
            }

            Thread.Sleep(Pause);
        }
    }

    /// <summary>The containers' present runs, by their ids. An init container that has done its work is not restarted.</summary>
    private static HashSet<string> Runs(PodFolders folders, string? container)
    {
        var runs = new HashSet<string>();
        var status = StatusFile.TryRead(folders) ?? new PodStatus();
        foreach (var known in (IEnumerable<ContainerStatus>)[.. status.ContainerStatuses, .. status.InitContainerStatuses])
        {
            if (known.ContainerId is { } id && (container is null || known.Name == container) && known.State.Terminated is not { ExitCode: 0 })
            {
                runs.Add(id);
            }
        }

        return runs;
    }
}
