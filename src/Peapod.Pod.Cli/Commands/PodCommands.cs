using System.CommandLine;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>peapod pod …</c>: only the command that is asked for is made, with its options; all of them only for help and completion.</summary>
internal static class PodCommands
{
    internal const string Name = "pod";

    private static readonly string[] Names =
    [
        "run", "apply", "plan", "diff", "edit", "delete", "ps", "get", "inspect", "describe", "why", "explain", "events", "logs", "exec", "attach", "debug", "cp", "port-forward",
        "top", "stats", "wait", "create", "set", "label", "annotate", "update", "start", "restart", "kill", "stop", "rm", "generate", "gc", "version",
    ];

    /// <param name="wanted">The command's name; null, or one that there is not, for all.</param>
    internal static Command Make(string? wanted)
    {
        var command = new Command(Name, "run and look after pods");
        if (wanted is not null && MakeOne(wanted) is { } one)
        {
            command.Subcommands.Add(one);
        }
        else
        {
            foreach (var name in Names)
            {
                // Each with its first line: the examples are in its own help.
                var listed = MakeOne(name)!;
                listed.Description = listed.Description?.Split('\n')[0];
                command.Subcommands.Add(listed);
            }
        }

        command.Options.Add(HostOptions.RunRoot);
        command.Options.Add(HostOptions.DataRoot);
        command.Options.Add(HostOptions.NetworkFile);
        command.Options.Add(HostOptions.RuntimesFile);
        command.Options.Add(HostOptions.Namespace);
        return command;
    }

    /// <summary>The first word behind "pod" that is neither an option nor its value.</summary>
    internal static string? CommandOf(string[] args)
    {
        for (var i = 1; i < args.Length; i++)
        {
            if (!args[i].StartsWith('-'))
            {
                return args[i];
            }

            i += args[i] is "--run-root" or "--data-root" or "--network-config" or "--namespace" or "-n" ? 1 : 0;
        }

        return null;
    }

    private static Command? MakeOne(string name) => name switch
    {
        "run" => RunCommand.Make(),
        "apply" => ApplyCommand.Make(),
        "plan" => PlanCommand.Make(),
        "diff" => DiffCommand.Make(),
        "edit" => EditCommand.Make(),
        "delete" => DeleteCommand.Make(),
        "get" => GetCommand.Make(),
        "ps" or "ls" or "list" => PsCommand.Make(),
        "inspect" => InspectCommand.Make(),
        "describe" => DescribeCommand.Make(),
        "why" => WhyCommand.Make(),
        "explain" => ExplainCommand.Make(),
        "events" => EventsCommand.Make(),
        "attach" => AttachCommand.Make(),
        "debug" => DebugCommand.Make(),
        "create" => CreateCommand.Make(),
        "set" => SetCommand.Make(),
        "label" => LabelCommand.MakeLabel(),
        "annotate" => LabelCommand.MakeAnnotate(),
        "update" => UpdateCommand.Make(),
        "start" => StartCommand.Make(),
        "restart" => RestartCommand.Make(),
        "kill" => KillCommand.Make(),
        "generate" => GenerateCommand.Make(),
        "logs" => LogsCommand.Make(),
        "exec" => PodExecCommand.Make(),
        "cp" => CopyCommand.Make(),
        "port-forward" => PortForwardCommand.Make(),
        "top" => TopCommand.Make(),
        "stats" => StatsCommand.Make(),
        "wait" => WaitCommand.Make(),
        "stop" => StopCommand.Make(),
        "rm" => RmCommand.Make(),
        "version" => VersionCommand.Make(),
        "gc" => PodGcCommand.Make(),
        _ => null,
    };
}
