namespace Peapod.Cli.Commands;

/// <summary>exec and ps: what follows the container's name belongs to another program, as runc has it.</summary>
internal static class TrailingArguments
{
    /// <summary>Puts "--" behind the container's name, so that no option of ours is read from what follows.</summary>
    internal static string[] Separate(string[] args)
    {
        var command = GlobalOptions.CommandOf(args);
        if (command is not ("exec" or "ps"))
        {
            return args;
        }

        for (var at = GlobalOptions.IndexOfCommand(args) + 1; at < args.Length; at++)
        {
            var arg = args[at];
            if (arg == "--")
            {
                return args;
            }

            if (!arg.StartsWith('-'))
            {
                return at + 1 < args.Length && args[at + 1] == "--" ? args : [.. args[..(at + 1)], "--", .. args[(at + 1)..]];
            }

            at += command == "ps" ? (arg is "--format" or "-f" ? 1 : 0) : TakesValue(arg) ? 1 : 0;
        }

        return args;
    }

    private static bool TakesValue(string option) => option is "--console-socket" or "--cwd" or "--env" or "-e" or "--user" or "-u"
        or "--additional-gids" or "-g" or "--process" or "-p" or "--pid-file" or "--cap" or "-c" or "--preserve-fds"
        or "--process-label" or "--apparmor" or "--cgroup" or "--pidfd-socket";
}
