using System.CommandLine;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod ps</c>: the pods, as kubectl prints them.</summary>
internal static class PsCommand
{
    internal static Command Make()
    {
        var output = new Option<string?>("--output", "-o") { Description = "wide or json" };
        output.AcceptOnlyFromAmong("wide", "json");
        var command = new Command("ps", "list the pods") { output };
        command.SetAction(parsed =>
        {
            var pods = HostOptions.Host(parsed).Pods();
            if (parsed.GetValue(output) == "json")
            {
                Console.WriteLine($"[{string.Join(",\n", pods.Select(InspectCommand.ToJson))}]");
                return 0;
            }

            Print(pods, parsed.GetValue(output) == "wide");
            return 0;
        });
        return command;
    }

    private static void Print(IReadOnlyList<PodFolders> pods, bool wide)
    {
        var rows = new List<string[]> { new[] { "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE" } };
        foreach (var folders in pods)
        {
            var supervised = TryTakeOver(folders);
            var status = StatusFile.TryRead(folders) ?? new PodStatus();
            var ready = status.ContainerStatuses.Count(static container => container.Ready);
            rows.Add(
            [
                folders.Name,
                $"{ready}/{status.ContainerStatuses.Count}",
                StatusOf(status, supervised),
                $"{status.ContainerStatuses.Sum(static container => container.RestartCount)}",
                TryReadCreation(folders) is { } created ? Age(DateTime.UtcNow - created) : "<unknown>",
                status.PodIP ?? "<none>",
                PodHost.NodeName,
            ]);
        }

        if (rows.Count == 1)
        {
            Console.Error.WriteLine("No pods found.");
            return;
        }

        var columns = wide ? 7 : 5;
        foreach (var row in rows)
        {
            var cells = Enumerable.Range(0, columns).Select(column => row[column].PadRight(rows.Max(other => other[column].Length)));
            Console.WriteLine(string.Join("   ", cells).TrimEnd());
        }
    }

    private static bool TryTakeOver(PodFolders folders)
    {
        try
        {
            return SupervisorProcess.TakeOver(folders);
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            Console.Error.WriteLine($"peapod: pod \"{folders.Name}\": {e.Message}");
            return false;
        }
    }

    internal static string StatusOf(PodStatus status, bool supervised)
    {
        if (status.Phase == PodPhase.Running && !supervised)
        {
            return "Unknown";
        }

        if (status.Reason is { } reason)
        {
            return reason;
        }

        var waiting = status.ContainerStatuses.FirstOrDefault(static container => container.State.Waiting is { Reason.Length: > 0 });
        return waiting?.State.Waiting!.Reason ?? status.Phase switch
        {
            PodPhase.Succeeded => "Completed",
            PodPhase.Failed => status.ContainerStatuses.FirstOrDefault(static container => container.State.Terminated?.ExitCode is not (0 or null))?.State.Terminated!.Reason ?? "Error",
            var phase => $"{phase}",
        };
    }

    /// <summary>Null while the pod's creator has not written it down yet.</summary>
    private static DateTime? TryReadCreation(PodFolders folders) =>
        PodFolders.TryRead(folders.Manifest) is { } json ? PodManifest.Parse(json).Metadata.CreationTimestamp : null;

    /// <summary>kubectl's short form of a duration: 45s, 3m12s, 5h4m, 3d.</summary>
    internal static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 120 } => $"{(int)age.TotalSeconds}s",
        { TotalMinutes: < 10 } => age.Seconds == 0 ? $"{(int)age.TotalMinutes}m" : $"{(int)age.TotalMinutes}m{age.Seconds}s",
        { TotalHours: < 3 } => $"{(int)age.TotalMinutes}m",
        { TotalHours: < 8 } => age.Minutes == 0 ? $"{(int)age.TotalHours}h" : $"{(int)age.TotalHours}h{age.Minutes}m",
        { TotalHours: < 48 } => $"{(int)age.TotalHours}h",
        _ => $"{(int)age.TotalDays}d",
    };
}
