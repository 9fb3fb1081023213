using System.Text;

namespace Peapod.Pod.Cli.Units;

/// <summary>Words of a unit file.</summary>
internal static class UnitText
{
    /// <summary>systemd.syntax(7): quotes where a word needs them; specifiers and variables stand for themselves.</summary>
    internal static string Quoted(string word)
    {
        var text = new StringBuilder();
        var quotes = word.Length == 0;
        foreach (var c in word)
        {
            quotes |= c is ' ' or '\t' or '"' or '\'' or '\\' or ';' or '\n';
            _ = c switch
            {
                '%' => text.Append("%%"),
                '$' => text.Append("$$"),
                '"' or '\\' => text.Append('\\').Append(c),
                '\n' => text.Append("\\n"),
                _ => text.Append(c),
            };
        }

        return quotes ? $"\"{text}\"" : text.ToString();
    }
}
