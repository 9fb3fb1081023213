using System.Text;

namespace Peapod.Pod.Manifest;

/// <summary>
/// Kubernetes' <c>$(VAR)</c> in command, args and env. <c>$$</c> is one <c>$</c>, and what is not known stays as it is written.
/// </summary>
public static class VariableExpansion
{
    public static string Expand(string text, IReadOnlyDictionary<string, string> variables)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(variables);
        if (!text.Contains('$', StringComparison.Ordinal))
        {
            return text;
        }

        var expanded = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            var end = text[at] == '$' && at + 1 < text.Length && text[at + 1] == '(' ? text.IndexOf(')', at + 2) : -1;
            if (end >= 0)
            {
                var reference = text[at..(end + 1)];
                expanded.Append(variables.GetValueOrDefault(reference[2..^1], reference));
                at = end;
            }
            else
            {
                expanded.Append(text[at]);
                at += text[at] == '$' && at + 1 < text.Length && text[at + 1] == '$' ? 1 : 0;
            }
        }

        return expanded.ToString();
    }

    /// <summary>Expands every text of a command or of arguments.</summary>
    public static IReadOnlyList<string> Expand(IReadOnlyList<string> texts, IReadOnlyDictionary<string, string> variables)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return [.. texts.Select(text => Expand(text, variables))];
    }
}
