namespace Peapod.Registry.Authentication;

/// <summary>One challenge of a WWW-Authenticate header: a scheme and its parameters. See RFC 9110, 11.6.1.</summary>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    internal bool IsBearer => Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    internal bool IsBasic => Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);

    internal string? this[string name] => Parameters.GetValueOrDefault(name);

    /// <summary>
    /// All challenges of a header; several may share one, with commas between them as between parameters. What makes no sense is left out:
    /// the header is only a hint.
    /// </summary>
    internal static List<Challenge> Parse(string header)
    {
        var challenges = new List<Challenge>();
        Dictionary<string, string>? parameters = null;
        var at = 0;
        while (true)
        {
            while (at < header.Length && header[at] is ' ' or '\t' or ',')
            {
                at++;
            }

            var start = at;
            while (at < header.Length && IsTokenCharacter(header[at]))
            {
                at++;
            }

            if (at == start)
            {
                if (at >= header.Length)
                {
                    return challenges;
                }

                at++;
                continue;
            }

            var word = header[start..at];
            var next = at;
            while (next < header.Length && header[next] is ' ' or '\t')
            {
                next++;
            }

            if (next < header.Length && header[next] == '=' && parameters is not null)
            {
                at = next + 1;
                parameters.TryAdd(word.ToLowerInvariant(), Value(header, ref at));
            }
            else
            {
                parameters = [];
                challenges.Add(new(word, parameters));
            }
        }
    }

    private static string Value(string header, ref int at)
    {
        while (at < header.Length && header[at] is ' ' or '\t')
        {
            at++;
        }

        if (at >= header.Length || header[at] != '"')
        {
            var start = at;
            while (at < header.Length && header[at] is not (',' or ' ' or '\t'))
            {
                at++;
            }

            return header[start..at];
        }

        var text = new System.Text.StringBuilder();
        for (at++; at < header.Length && header[at] != '"'; at++)
        {
            if (header[at] == '\\' && at + 1 < header.Length)
            {
                at++;
            }

            text.Append(header[at]);
        }

        at = Math.Min(at + 1, header.Length);
        return text.ToString();
    }

    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c);
}
