using System.CommandLine;
using System.Diagnostics;
using Peapod.Container.Lifecycle;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod wait</c>: until something holds of pods.</summary>
internal sealed class WaitCommand
{
    /// <summary>Milliseconds after which a pod whose supervisor was killed is noticed.</summary>
    private const int Pause = 500;

    private readonly PodSelection selection = new();

    private readonly Option<string> condition = new("--for")
    {
        Description = "condition=NAME[=VALUE], create, delete, or jsonpath='{PATH}'[=VALUE]", Required = true, HelpName = "CONDITION",
    };

    private readonly Option<string> timeout = new("--timeout")
    {
        Description = "how long for each pod, as 30s or 2m; 0 looks once, less than 0 waits a week", DefaultValueFactory = static _ => "30s", HelpName = "DURATION",
    };

    internal static Command Make()
    {
        var wait = new WaitCommand();
        var command = new Command("wait", "wait until something holds of pods: --for=condition=Ready, --for=delete, --for=jsonpath='{.status.phase}'=Running") { wait.condition, wait.timeout };
        wait.condition.CompletionSources.Add("condition=Ready", "condition=Initialized", "condition=ContainersReady", "create", "delete", "jsonpath=");
        wait.selection.AddTo(command);
        command.SetAction(wait.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var wanted = WaitCondition.Parse(parsed.GetValue(condition)!);
        var deadline = Deadline(parsed.GetValue(timeout)!);
        var names = Names(parsed, wanted);
        if (names.Count == 0)
        {
            Console.Error.WriteLine("error: no matching resources found");
            return 1;
        }

        using var changes = PodChanges.Open(HostOptions.Host(parsed));
        var exitCode = 0;
        foreach (var name in names)
        {
            exitCode |= WaitFor(parsed, wanted, name, deadline, changes);
        }

        return exitCode;
    }

    private int WaitFor(ParseResult parsed, WaitCondition wanted, string name, TimeSpan limit, PodChanges changes)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var folders = HostOptions.TryFind(parsed, name);
            if (folders is null && !wanted.IsDelete && !wanted.IsCreate)
            {
                throw new PodException($"pods \"{name}\" not found");
            }

            if (wanted.Holds(folders is null ? null : PodView.Read(folders)))
            {
                Console.WriteLine($"pod/{name} {(wanted.IsDelete ? "deleted" : "condition met")}");
                return 0;
            }

            var left = limit - clock.Elapsed;
            if (left <= TimeSpan.Zero)
            {
                Console.Error.WriteLine($"error: timed out waiting for the condition on pods/{name}");
                return 1;
            }

            changes.Wait((int)Math.Clamp(left.TotalMilliseconds, 1, Pause));
        }
    }

    private List<string> Names(ParseResult parsed, WaitCondition wanted) =>
        selection.HasNames(parsed) && (wanted.IsDelete || wanted.IsCreate)
            ? [.. selection.NamesOf(parsed).Select(static name => name.StartsWith("pod/", StringComparison.Ordinal) ? name[4..] : name)]
            : [.. selection.Read(parsed).Select(static pod => pod.Name)];

    private static TimeSpan Deadline(string text)
    {
        if (!Duration.TryParse(text, out var limit))
        {
            throw new PodException($"--timeout \"{text}\": not a duration\n  expected such as 30s, 2m or 1h30m");
        }

        return limit < TimeSpan.Zero ? TimeSpan.FromDays(7) : limit;
    }
}
