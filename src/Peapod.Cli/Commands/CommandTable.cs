using System.CommandLine;

namespace Peapod.Cli.Commands;

/// <summary>The commands by name. Only the one that is asked for is made, with its options; all of them only for help.</summary>
internal static class CommandTable
{
    /// <summary>What peapod is, in its help and its man page.</summary>
    internal const string Summary = "A container runtime: a drop-in for runc and crun that also runs pods.";

    private static readonly string[] Names =
    [
        "create", "start", "run", "state", "kill", "delete", "exec", "list", "pause", "resume", "ps", "events", "update", "mounts", "checkpoint", "restore", "spec", "features", "plan", "doctor", "gc",
    ];

    internal static void AddTo(Command root, string[] args, GlobalOptions globals)
    {
        if (Make(GlobalOptions.CommandOf(args), globals) is { } command)
        {
            root.Subcommands.Add(command);
            return;
        }

        foreach (var name in Names)
        {
            root.Subcommands.Add(Make(name, globals)!);
        }

        // Shown in help; native/start takes them before this runs.
        root.Subcommands.Add(new Command("pod", "run Kubernetes pods: pod run, ps, logs, exec, delete and more"));
        root.Subcommands.Add(new Command("image", "load, list and remove images"));
        root.Subcommands.Add(new Command("completion", "print a script that completes words in bash, zsh or fish"));
    }

    private static Command? Make(string? name, GlobalOptions globals) => name switch
    {
        "create" => CreateCommand.Make(globals),
        "start" => LifecycleCommands.Start(globals),
        "run" => CreateCommand.MakeRun(globals),
        "state" => StateCommand.Make(globals),
        "kill" => LifecycleCommands.Kill(globals),
        "delete" => LifecycleCommands.Delete(globals),
        "exec" => ExecCommand.Make(globals),
        "list" => ListCommand.Make(globals),
        "pause" => LifecycleCommands.Pause(globals),
        "resume" => LifecycleCommands.Resume(globals),
        "ps" => PsCommand.Make(globals),
        "events" => EventsCommand.Make(globals),
        "update" => UpdateCommand.Make(globals),
        "mounts" => MountsCommand.Make(globals),
        "checkpoint" => CheckpointCommand.Make(globals),
        "restore" => RestoreCommand.Make(globals),
        "spec" => SpecCommand.Make(),
        "features" => FeaturesCommand.Make(),
        "plan" => PlanCommand.Make(globals),
        "doctor" => DoctorCommand.Make(globals),
        "gc" => GcCommand.Make(globals),
        CompleteCommand.Name => CompleteCommand.Make(),
        _ => null,
    };
}
