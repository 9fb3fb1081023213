using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Selection;

/// <summary>
/// Kubernetes' label selectors: <c>a=b</c>, <c>a==b</c>, <c>a!=b</c>, <c>a in (b,c)</c>, <c>a notin (b,c)</c>, <c>a</c> (is there), <c>!a</c>
/// (is not), several with commas, all of which must hold.
/// </summary>
internal sealed class LabelSelector
{
    private readonly List<Requirement> requirements;

    private LabelSelector(List<Requirement> requirements) => this.requirements = requirements;

    private enum Operation
    {
        In,
        NotIn,
        Exists,
        DoesNotExist,
    }

    /// <exception cref="PodException">It is none.</exception>
    internal static LabelSelector Parse(string text)
    {
        var reader = new Reader(text);
        var requirements = new List<Requirement>();
        while (!reader.AtEnd)
        {
            requirements.Add(reader.Requirement());
            if (!reader.AtEnd)
            {
                reader.Expect(',');
                if (reader.AtEnd)
                {
                    throw reader.Wrong("a requirement is missing behind the comma");
                }
            }
        }

        return new LabelSelector(requirements);
    }

    internal bool Matches(ObjectMeta metadata)
    {
        foreach (var requirement in requirements)
        {
            var value = metadata.Labels is { } labels && labels.TryGetValue(requirement.Key, out var found) ? found : null;
            var holds = requirement.Operation switch
            {
                Operation.Exists => value is not null,
                Operation.DoesNotExist => value is null,
                Operation.In => value is not null && requirement.Values.Contains(value),
                _ => value is null || !requirement.Values.Contains(value),
            };
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Requirement(string Key, Operation Operation, IReadOnlyList<string> Values);

    private sealed class Reader(string text)
    {
        private int at;

        internal bool AtEnd
        {
            get
            {
                Spaces();
                return at == text.Length;
            }
        }

        internal Requirement Requirement()
        {
            if (Take("!"))
            {
                return new(Word("a label's name"), Operation.DoesNotExist, []);
            }

            var key = Word("a label's name");
            if (Take("!="))
            {
                return new(key, Operation.NotIn, [Value()]);
            }

            if (Take("==") || Take("="))
            {
                return new(key, Operation.In, [Value()]);
            }

            if (TakeWord("in"))
            {
                return new(key, Operation.In, Values());
            }

            return TakeWord("notin") ? new(key, Operation.NotIn, Values()) : new(key, Operation.Exists, []);
        }

        internal void Expect(char c)
        {
            if (!Take($"{c}"))
            {
                throw Wrong($"\"{c}\" is missing before \"{text[at..]}\"");
            }
        }

        internal PodException Wrong(string what) => new($"-l \"{text}\": {what}\n  expected such as: app=web,tier!=test,env in (a,b),!old");

        private List<string> Values()
        {
            var values = new List<string>();
            Expect('(');
            do
            {
                values.Add(Value());
            }
            while (Take(","));
            Expect(')');
            return values;
        }

        /// <summary>It may be empty: that is a value, too.</summary>
        private string Value()
        {
            Spaces();
            return Name();
        }

        private string Word(string what)
        {
            Spaces();
            var name = Name();
            return name.Length > 0 ? name : throw Wrong($"{what} is missing");
        }

        private string Name()
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '-' or '_' or '.' or '/'))
            {
                at++;
            }

            return text[start..at];
        }

        private bool Take(string sign)
        {
            Spaces();
            if (string.CompareOrdinal(text, at, sign, 0, sign.Length) != 0)
            {
                return false;
            }

            at += sign.Length;
            return true;
        }

        private bool TakeWord(string word)
        {
            Spaces();
            var behind = at + word.Length;
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0 || (behind < text.Length && text[behind] is not (' ' or '(')))
            {
                return false;
            }

            at = behind;
            return true;
        }

        private void Spaces()
        {
            while (at < text.Length && text[at] == ' ')
            {
                at++;
            }
        }
    }
}
