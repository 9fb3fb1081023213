using System.CommandLine;
using Peapod.Container.State;
using Peapod.Kernel.Terminals;

namespace Peapod.Cli.Commands;

/// <summary><c>__complete LINE</c>: the words that a shell's line may go on with; for the scripts of <c>peapod completion</c>, and shown in no help.</summary>
internal static class CompleteCommand
{
    internal const string Name = "__complete";

    internal static Command Make()
    {
        var line = new Argument<string>("LINE");
        var command = new Command(Name) { line };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            foreach (var word in Complete(parsed.GetValue(line)!))
            {
                Output.Line(Printable.Line(word));
            }

            return 0;
        });
        return command;
    }

    private static List<string> Complete(string line)
    {
        var globals = new GlobalOptions();
        var root = new Command("peapod");
        globals.AddTo(root);
        CommandTable.AddTo(root, [], globals);

        // Without its first word, which is peapod itself.
        var rest = line.TrimStart();
        rest = rest.IndexOf(' ') is >= 0 and var space ? rest[(space + 1)..] : "";
        var word = rest[(rest.LastIndexOf(' ') + 1)..];
        var parsed = root.Parse(rest, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var found = new List<string>();
        foreach (var item in parsed.GetCompletions(rest.Length))
        {
            Add(item.InsertText ?? item.Label);
        }

        if (!word.StartsWith('-') && parsed.CommandResult.Command != root)
        {
            foreach (var id in new ContainerStore(parsed.GetValue(globals.Root)!).Ids())
            {
                Add(id);
            }
        }

        found.Sort(StringComparer.Ordinal);
        return found;

        void Add(string text)
        {
            if (text.StartsWith(word, StringComparison.Ordinal) && word.StartsWith('-') == text.StartsWith('-') && !found.Contains(text))
            {
                found.Add(text);
            }
        }
    }
}
