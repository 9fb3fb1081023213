using System.CommandLine;
using System.Globalization;
using Peapod.Container.Lifecycle;
using Peapod.Pod.Cli.Logs;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Logs;
using Peapod.Shim.Logs;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod logs</c>.</summary>
internal sealed class LogsCommand
{
    private const string Help = """
        print what containers wrote

          peapod pod logs web                              the pod's first container
          peapod pod logs web -c frontend -f --tail=20     another one, from its last 20 lines on, until it has ended
          peapod pod logs -l app=web --all-containers --prefix
        """;

    private readonly Option<bool> follow = new("--follow", "-f") { Description = "go on until the pod has ended" };
    private readonly Option<string?> container = new("--container", "-c") { Description = "which container; by default the first", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers } };
    private readonly Option<bool> all = new("--all-containers") { Description = "of all containers" };
    private readonly Option<bool> prefix = new("--prefix") { Description = "each line begins with its pod and container" };
    private readonly Option<bool> previous = new("--previous", "-p") { Description = "of the container's run before the present one" };
    private readonly Option<bool> timestamps = new("--timestamps") { Description = "each line begins with its time" };
    private readonly Option<int> tail = new("--tail") { Description = "as many lines from the end; -1 for all", DefaultValueFactory = static _ => -1, HelpName = "LINES" };
    private readonly Option<string?> since = new("--since") { Description = "what was written in this time: 5s, 2m, 3h", HelpName = "DURATION" };
    private readonly Option<string?> sinceTime = new("--since-time") { Description = "what was written since then (RFC 3339)", HelpName = "TIME" };
    private readonly PodSelection selection = new();

    internal static Command Make()
    {
        var logs = new LogsCommand();
        var command = new Command("logs", Help)
        {
            logs.follow, logs.container, logs.all, logs.prefix, logs.previous, logs.timestamps, logs.tail, logs.since, logs.sinceTime,
        };
        logs.selection.AddTo(command);
        command.SetAction(logs.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        if (!selection.HasNames(parsed) && parsed.GetValue(selection.Selector) is null)
        {
            throw new PodException("POD or -l LABELS: whose logs are wanted is missing");
        }

        if (parsed.GetValue(all) && parsed.GetValue(container) is not null)
        {
            throw new PodException("--all-containers and -c: only one of them can say which container");
        }

        var options = new LogOptions
        {
            Previous = parsed.GetValue(previous), Timestamps = parsed.GetValue(timestamps), Tail = parsed.GetValue(tail) is >= 0 and var lines ? lines : null, Since = Since(parsed),
        };
        var sources = new List<LogSource>();
        foreach (var pod in selection.Read(parsed))
        {
            IReadOnlyList<string> chosen = parsed.GetValue(all) ? pod.ContainerNamesInOrder() : [ContainerChoice.Choose(pod, parsed.GetValue(container), quiet: false)];
            foreach (var name in chosen)
            {
                CheckBegun(pod, name, options, parsed.GetValue(follow) || parsed.GetValue(all));
                sources.Add(new LogSource(pod.Folders, name, parsed.GetValue(prefix)));
            }
        }

        if (sources.Count == 0)
        {
            Console.Error.WriteLine(selection.Nothing(parsed));
            return 0;
        }

        LogFollower.Print(sources, options, parsed.GetValue(follow));
        return 0;
    }

    /// <summary>No log where one was asked for is an error in kubectl's words.</summary>
    private static void CheckBegun(PodView pod, string container, LogOptions options, bool mayWait)
    {
        using var log = ContainerLog.TryOpen(pod.Folders, container, options);
        if (log is null && options.Previous)
        {
            throw new PodException($"previous terminated container \"{container}\" in pod \"{pod.Name}\" not found");
        }

        var waiting = pod.ContainerStatuses().FirstOrDefault(status => status.Name == container)?.State.Waiting;
        if (log is null && waiting is not null && !mayWait)
        {
            throw new PodException($"container \"{container}\" in pod \"{pod.Name}\" is waiting to start: {waiting.Message ?? waiting.Reason}");
        }
    }

    private DateTime? Since(ParseResult parsed)
    {
        if (parsed.GetValue(since) is { } duration)
        {
            return parsed.GetValue(sinceTime) is not null ? throw new PodException("--since and --since-time: only one of them can be given")
                : Duration.TryParse(duration, out var span) && span > TimeSpan.Zero ? DateTime.UtcNow - span
                : throw new PodException($"--since \"{duration}\": not a duration\n  expected such as 5s, 2m or 3h");
        }

        return parsed.GetValue(sinceTime) is not { } text ? null
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.UtcDateTime
            : throw new PodException($"--since-time \"{text}\": not a time\n  expected such as 2026-01-31T12:00:00Z");
    }
}
