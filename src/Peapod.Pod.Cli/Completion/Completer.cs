using System.CommandLine;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Completion;

/// <summary>The words that a line of a shell may go on with.</summary>
internal static class Completer
{
    /// <summary>What the scripts of <see cref="ShellScripts"/> call, with the line up to the cursor.</summary>
    internal const string Command = "__complete";

    internal static List<string> Complete(Command root, string line)
    {
        CompletionWords.AreWanted = true;

        // "peapod pod …" without its first word.
        var rest = line.TrimStart();
        var space = rest.IndexOf(' ');
        rest = space < 0 ? "" : rest[(space + 1)..];
        var word = rest[(rest.LastIndexOf(' ') + 1)..];
        var words = new List<string>();
        foreach (var item in root.Parse(rest, new ParserConfiguration { ResponseFileTokenReplacer = null }).GetCompletions(rest.Length))
        {
            var text = item.InsertText ?? item.Label;

            // Flags only for who begins one: names are what is looked for.
            if (text.StartsWith(word, StringComparison.Ordinal) && (word.StartsWith('-') || !text.StartsWith('-')) && !words.Contains(text))
            {
                words.Add(text);
            }
        }

        words.Sort(StringComparer.Ordinal);
        return words;
    }
}
