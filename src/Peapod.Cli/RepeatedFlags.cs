using System.CommandLine;

namespace Peapod.Cli;

/// <summary>Of a flag with one value that is given several times the last counts, as in Go's flag package: wrappers add theirs behind what is there.</summary>
internal static class RepeatedFlags
{
    /// <param name="root">With the one command that is asked for, so that its flags are known.</param>
    internal static string[] KeepLast(string[] args, Command root)
    {
        var dropped = 0;
        var drop = new bool[args.Length];
        var last = new (Option Option, int At)[args.Length];
        var count = 0;
        var command = root;
        for (var at = 0; at < args.Length && args[at] != "--"; at++)
        {
            if (args[at] is not ['-', _, ..])
            {
                command = command == root ? Find(root, args[at]) ?? root : command;
                continue;
            }

            var equals = args[at].IndexOf('=', StringComparison.Ordinal);
            if (Find(command, equals < 0 ? args[at].AsSpan() : args[at].AsSpan(0, equals)) is not { } option)
            {
                continue;
            }

            var hasWord = equals < 0 && option.ValueType != typeof(bool);
            if (option.Arity.MaximumNumberOfValues == 1)
            {
                var known = Array.FindIndex(last, 0, count, entry => entry.Option == option);
                if (known < 0)
                {
                    last[count++] = (option, at);
                }
                else
                {
                    var before = last[known].At;
                    last[known].At = at;
                    drop[before] = true;
                    dropped++;
                    if (option.ValueType != typeof(bool) && !args[before].Contains('=', StringComparison.Ordinal))
                    {
                        drop[before + 1] = true;
                        dropped++;
                    }
                }
            }

            at += hasWord ? 1 : 0;
        }

        return dropped == 0 ? args : Without(args, drop, dropped);
    }

    private static string[] Without(string[] args, bool[] drop, int dropped)
    {
        var kept = new string[args.Length - dropped];
        var count = 0;
        for (var at = 0; at < args.Length; at++)
        {
            if (!drop[at])
            {
                kept[count++] = args[at];
            }
        }

        return kept;
    }

    private static Command? Find(Command root, string name)
    {
        foreach (var command in root.Subcommands)
        {
            if (command.Name == name)
            {
                return command;
            }
        }

        return null;
    }

    private static Option? Find(Command command, ReadOnlySpan<char> name)
    {
        foreach (var option in command.Options)
        {
            if (name.SequenceEqual(option.Name))
            {
                return option;
            }

            foreach (var alias in option.Aliases)
            {
                if (name.SequenceEqual(alias))
                {
                    return option;
                }
            }
        }

        return null;
    }
}
