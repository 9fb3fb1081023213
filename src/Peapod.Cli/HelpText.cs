using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;

namespace Peapod.Cli;

/// <summary>Help in runc's form: what reads that of runc, people and programs, finds the same parts under the same names.</summary>
internal sealed class HelpText : SynchronousCommandLineAction
{
    private const string Indent = "   ";

    /// <summary>Help is given whatever else is wrong with the command line.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Print(parseResult.CommandResult.Command);
        return 0;
    }

    /// <summary><c>help</c> and <c>h</c> are runc's other words for it: "help run" is "run --help".</summary>
    internal static string[] Rewrite(string[] args)
    {
        var at = GlobalOptions.IndexOfCommand(args);
        return at >= 0 && args[at] is "help" or "h" ? [.. args[..at], .. args[(at + 1)..], "--help"] : args;
    }

    internal static void Print(Command command)
    {
        var parent = Parent(command);
        var text = new StringBuilder($"NAME:\n{Indent}{FullName(command)} - {command.Description}\n\nUSAGE:\n{Indent}{FullName(command)}");
        text.Append(parent is null ? " [global options] command [command options] [arguments...]\n" : Usage(command));
        if (parent is null)
        {
            text.Append($"\nVERSION:\n{Indent}{VersionText.Number}\n\nCOMMANDS:\n");
            var rows = new List<(string, string)>();
            foreach (var sub in command.Subcommands)
            {
                if (!sub.Hidden)
                {
                    rows.Add((sub.Name, sub.Description ?? ""));
                }
            }

            rows.Add(("help, h", "show the commands, or help for one of them"));
            Append(text, rows);
        }
        else
        {
            AppendArguments(text, command);
        }

        text.Append(parent is null ? "\nGLOBAL OPTIONS:\n" : "\nOPTIONS:\n");
        Append(text, Options(command));
        Output.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>The command that it is a command of; null for the root.</summary>
    internal static Command? Parent(Command command)
    {
        foreach (var parent in command.Parents)
        {
            return parent as Command;
        }

        return null;
    }

    private static string FullName(Command command) => Parent(command) is { } parent ? $"{FullName(parent)} {command.Name}" : command.Name;

    private static string Usage(Command command)
    {
        var text = new StringBuilder(" [command options]");
        foreach (var argument in command.Arguments)
        {
            var name = argument.Name.Contains('|', StringComparison.Ordinal) ? argument.Name : $"<{argument.Name}>";
            name += argument.Arity.MaximumNumberOfValues > 1 ? "..." : "";
            text.Append(' ').Append(argument.Arity.MinimumNumberOfValues == 0 || argument.HasDefaultValue ? $"[{name}]" : name);
        }

        return text.Append('\n').ToString();
    }

    private static void AppendArguments(StringBuilder text, Command command)
    {
        var rows = new List<(string, string)>();
        foreach (var argument in command.Arguments)
        {
            if (argument.Description is { Length: > 0 } description)
            {
                rows.Add(($"<{argument.Name}>", description));
            }
        }

        if (rows.Count > 0)
        {
            text.Append("\nARGUMENTS:\n");
            Append(text, rows);
        }
    }

    private static List<(string, string)> Options(Command command)
    {
        var rows = new List<(string, string)>();
        foreach (var option in command.Options)
        {
            if (!option.Hidden && option.Action is not HelpText)
            {
                var value = option.ValueType == typeof(bool) ? "" : " value";
                var names = new StringBuilder(option.Name).Append(value);
                foreach (var alias in option.Aliases)
                {
                    names.Append(", ").Append(alias).Append(value);
                }

                rows.Add((names.ToString(), option.Description ?? ""));
            }
        }

        rows.Add(("--help, -h", "show help"));
        return rows;
    }

    private static void Append(StringBuilder text, List<(string Left, string Right)> rows)
    {
        var width = 0;
        foreach (var (left, _) in rows)
        {
            width = Math.Max(width, left.Length);
        }

        foreach (var (left, right) in rows)
        {
            text.Append(Indent).Append(left.PadRight(width)).Append("  ").Append(right).Append('\n');
        }
    }
}
