using System.CommandLine;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Reboot;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod start</c>: starts pods again that were stopped, or that a reboot of the host ended.</summary>
internal static class StartCommand
{
    /// <summary>Milliseconds in which the containers begin.</summary>
    private const long Patience = 10_000;

    /// <summary>Milliseconds between two looks.</summary>
    private const int Pause = 20;

    private const string Help = """
        start pods again that have ended

        A pod keeps its uid, its volumes on disk, its logs and the counts of its restarts; its address may be another one. Init containers
        run again. --all is for the host's boot: it starts the pods of all namespaces that ran when the host went down, as their
        restartPolicy has it. Always and OnFailure come back, but for containers that had succeeded under OnFailure; Never does not.

          peapod pod start web
          peapod pod start --all
          peapod pod generate systemd --all > /etc/systemd/system/peapod-pods.service
        """;

    internal static Command Make()
    {
        var all = new Option<bool>("--all", "-a") { Description = "the pods of all namespaces that a reboot, or \"pod stop --all --until-boot\", has ended" };
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.ZeroOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("start", Help) { all, names };
        command.SetAction(parsed =>
        {
            var given = parsed.GetValue(names) ?? [];
            if (parsed.GetValue(all) == given.Length > 0)
            {
                throw new PodException(given.Length > 0 ? "--all: pods cannot be named together with it" : "POD or --all: say which pods to start");
            }

            return parsed.GetValue(all) ? StartAll(HostOptions.Host(parsed)) : PodsAtOnce.Do(given, name => HostOptions.Find(parsed, name), static folders => Start(folders, whole: true));
        });
        return command;
    }

    private static int StartAll(PodHost host)
    {
        var exitCode = 0;
        var pods = new List<PodFolders>();
        foreach (var folders in host.Pods())
        {
            try
            {
                if (PodLeftOvers.ComesBack(folders))
                {
                    pods.Add(folders);
                }
            }
            catch (DamagedStateException e)
            {
                Report.Error(e, $"pod \"{folders.Key}\": ");
                exitCode = 1;
            }
        }

        return exitCode | PodsAtOnce.Do(pods, static folders => folders, static folders => Start(folders, whole: false));
    }

    /// <summary>Returns when its containers run, or its first init container.</summary>
    private static string Start(PodFolders folders, bool whole)
    {
        var before = StatusFile.TryRead(folders) ?? new PodStatus();
        if (!PodAgain.Start(folders, whole))
        {
            return $"pod/{folders.Name} is already running";
        }

        var end = Environment.TickCount64 + Patience;
        while (SupervisorProcess.TakeOver(folders) && !(StatusFile.TryRead(folders) is { } status && HasBegun(status, before)))
        {
            if (Environment.TickCount64 >= end)
            {
                throw new PodException($"pod \"{folders.Name}\": its containers have not started in {Patience / 1000} seconds; it is tried again\n  \"peapod pod events {folders.Argument}\" says why");
            }

            Thread.Sleep(Pause);
        }

        return $"pod/{folders.Name} started";
    }

    /// <summary>Whether an init container is in its next run, or all containers are that have one.</summary>
    private static bool HasBegun(PodStatus status, PodStatus before) =>
        status.InitContainerStatuses.Any(container => IsNew(container, before.InitContainerStatuses))
        || status.ContainerStatuses.All(container => IsNew(container, before.ContainerStatuses) || container.State.Terminated is not null);

    private static bool IsNew(ContainerStatus container, IReadOnlyList<ContainerStatus> before) =>
        container.ContainerId is { } id && before.FirstOrDefault(other => other.Name == container.Name)?.ContainerId != id;
}
