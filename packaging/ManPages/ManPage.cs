using System.CommandLine;
using System.Text;
using Peapod.Cli;

namespace Peapod.ManPages;

/// <summary>One command's page in the macros of man(7), made from what its help says and from <see cref="PageNotes"/>.</summary>
/// <param name="Path">The command, behind those that it is a command of.</param>
internal sealed record ManPage(IReadOnlyList<Command> Path)
{
    private const int Section = 1;

    internal Command Command => Path[^1];

    /// <summary>peapod-pod-run for <c>peapod pod run</c>.</summary>
    internal string Name => string.Join('-', Path.Select(static command => command.Name));

    internal string FileName => $"{Name}.{Section}";

    /// <summary>Options that the command takes: its own, and what those above it hand down. Each command has --help.</summary>
    internal IEnumerable<Option> Options => Command.Options.Concat(Path.SkipLast(1).Reverse().SelectMany(static above => above.Options.Where(static option => option.Recursive)))
        .Where(static option => !option.Hidden);

    private IEnumerable<Command> Commands => Command.Subcommands.Where(static command => !command.Hidden);

    private string[] DescriptionLines => (Command.Description ?? "").ReplaceLineEndings("\n").TrimEnd().Split('\n');

    /// <param name="date">When the sources were last changed; it stands in the page's foot.</param>
    internal string ToText(DateOnly date)
    {
        var text = new StringBuilder();
        text.Append($".TH {Roff.Escape(Name.ToUpperInvariant())} {Section} {date:yyyy-MM-dd} \"Peapod {VersionText.Number}\" \"User Commands\"\n");
        text.Append(".SH NAME\n").Append(Roff.Fill($"{Roff.Escape(Name)} \\- {Roff.Escape(DescriptionLines[0].TrimEnd('.'))}"));
        AppendSynopsis(text);
        AppendDescription(text);
        AppendEntries(text, "COMMANDS", Commands.Select(command => (Roff.Bold(command.Name), Roff.Escape(Sentence(FirstLine(command))) + $" See {Reference($"{Name}-{command.Name}")}.")));
        AppendEntries(text, "ARGUMENTS", Command.Arguments.Where(static argument => !argument.Hidden && argument.Description is { Length: > 0 })
            .Select(static argument => (Roff.Italic(NameOf(argument)), Roff.Escape(Sentence(argument.Description!)))));
        AppendEntries(text, Path.Count == 1 ? "GLOBAL OPTIONS" : "OPTIONS", Options.Select(static option => (NamesOf(option), Roff.Escape(Sentence(DescriptionOf(option)))))
            .Append((Roff.Bold("--help") + ", " + Roff.Bold("-h"), "Show help.")));
        AppendEntries(text, "EXIT STATUS", PageNotes.ExitStatus(Name).Select(static row => (row.Status == "N" ? Roff.Italic("N") : Roff.Bold(row.Status), Roff.Escape(row.Meaning))));
        AppendEntries(text, "FILES", PageNotes.Files(Name).Select(static row => (Roff.Italic(row.File), Roff.Escape(row.Meaning))));
        var others = Path.Count == 1 ? [] : Enumerable.Range(1, Path.Count - 1).Select(count => string.Join('-', Path.Take(count).Select(static command => command.Name)));
        text.Append($".SH SEE ALSO\n{string.Join(",\n", others.Concat(Commands.Select(command => $"{Name}-{command.Name}")).Select(static name => Reference(name)).Concat(PageNotes.SeeAlso(Name).Select(static row => Reference(row.Name, row.Section))))}\n");
        return text.ToString();
    }

    private void AppendSynopsis(StringBuilder text)
    {
        text.Append(".SH SYNOPSIS\n").Append(Roff.Bold(Path[0].Name));
        if (Path.Count == 1)
        {
            text.Append(" [\\fIglobal options\\fR] \\fIcommand\\fR [\\fIoptions\\fR] [\\fIargument\\fR ...]\n");
            return;
        }

        // runc's global options stand before the OCI commands; the others have none.
        text.Append(PageNotes.TakesGlobalOptions(Path) ? " [\\fIglobal options\\fR]" : "");
        text.Append(' ').Append(Roff.Bold(string.Join(' ', Path.Skip(1).Select(static command => command.Name))));
        text.Append(Commands.Any() ? " \\fIcommand\\fR" : "").Append(" [\\fIoptions\\fR]");
        foreach (var argument in Command.Arguments.Where(static argument => !argument.Hidden))
        {
            var many = argument.Arity.MaximumNumberOfValues > 1 ? " ..." : "";
            var optional = argument.Arity.MinimumNumberOfValues == 0 || argument.HasDefaultValue;
            text.Append(optional ? " [" : " ").Append(Roff.Italic(NameOf(argument))).Append(many).Append(optional ? "]" : "");
        }

        text.Append('\n');
    }

    /// <summary>The description's paragraphs. What is indented there is an example.</summary>
    private void AppendDescription(StringBuilder text)
    {
        text.Append(".SH DESCRIPTION\n").Append(Roff.Fill(Roff.Escape(Sentence(DescriptionLines[0]))));
        var (isExample, isFirst) = (false, true);
        foreach (var line in DescriptionLines.Skip(1))
        {
            if (line.Length == 0)
            {
                text.Append(isExample ? ".EE\n.RE\n" : "");
                (isExample, isFirst) = (false, true);
                continue;
            }

            if (isFirst)
            {
                isExample = line.StartsWith(' ');
                text.Append(isExample ? ".PP\n.RS 4\n.EX\n" : ".PP\n");
                isFirst = false;
            }

            text.Append(isExample ? Roff.Escape(line.TrimStart()) + "\n" : Roff.Fill(Roff.Escape(line)));
        }

        text.Append(isExample ? ".EE\n.RE\n" : "");
        foreach (var paragraph in PageNotes.Description(Name))
        {
            text.Append(".PP\n").Append(Roff.Fill(Roff.Escape(paragraph)));
        }
    }

    private static void AppendEntries(StringBuilder text, string heading, IEnumerable<(string Term, string Meaning)> entries)
    {
        foreach (var (term, meaning) in entries)
        {
            text.Append(heading.Length > 0 ? $".SH {heading}\n" : "").Append($".TP\n{term}\n").Append(Roff.Fill(meaning));
            heading = "";
        }
    }

    private static string Reference(string name, int section = Section) => $"{Roff.Bold(name)}({section})";

    private static string FirstLine(Command command) => (command.Description ?? "").Split('\n')[0];

    private static string NameOf(Argument argument) => argument.HelpName ?? argument.Name;

    private static string NamesOf(Option option)
    {
        var value = option.ValueType == typeof(bool) ? "" : $" {Roff.Italic(option.HelpName ?? "value")}";
        return string.Join(", ", option.Aliases.Prepend(option.Name).Select(name => Roff.Bold(name) + value));
    }

    private static string DescriptionOf(Option option)
    {
        var description = option.Description ?? "";
        return option.ValueType != typeof(bool) && option.HasDefaultValue && option.GetDefaultValue()?.ToString() is { Length: > 0 } value && !description.EndsWith(')')
            ? $"{description} (default: {value})" : description;
    }

    /// <summary>Help has no capital letters and full stops; prose has. A name that the user types keeps its small letter.</summary>
    private static string Sentence(string text)
    {
        var trimmed = text.TrimEnd('.');
        var word = trimmed.Split(' ', 2)[0].TrimEnd(',', ':', ';');
        var isProse = word.Length > 0 && word.All(char.IsAsciiLetterLower) && !PageNotes.Literals.Contains(word);
        return (isProse ? char.ToUpperInvariant(trimmed[0]) + trimmed[1..] : trimmed) + ".";
    }
}
