namespace Peapod.Container.Foreground;

/// <summary>The keys that leave a terminal to itself, as Docker and podman have them: what begins like them is held back until it is clear that they are not meant.</summary>
public sealed class DetachKeys
{
    public const string Default = "ctrl-p,ctrl-q";

    private readonly byte[] sequence;
    private int matched;

    private DetachKeys(byte[] sequence) => this.sequence = sequence;

    /// <summary>They were typed.</summary>
    public bool IsComplete => matched == sequence.Length;

    /// <param name="text">Keys with commas between: a character, or ctrl- and one of a-z @ [ \ ] ^ _; empty for none.</param>
    /// <returns>Null for none.</returns>
    /// <exception cref="FormatException">It is no such list.</exception>
    public static DetachKeys? Parse(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        var keys = new List<byte>();
        foreach (var key in text.Split(','))
        {
            keys.Add(key switch
            {
                [> ' ' and < '\u007f' and var character] => (byte)character,
                ['c', 't', 'r', 'l', '-', (>= 'a' and <= 'z' or '@' or '[' or '\\' or ']' or '^' or '_') and var character] => (byte)(character & 0x1f),
                _ => throw new FormatException($"\"{key}\" is no key"),
            });
        }

        return new DetachKeys([.. keys]);
    }

    /// <summary>What of that is to be passed on.</summary>
    public byte[] Filter(ReadOnlySpan<byte> typed)
    {
        var passed = new List<byte>(typed.Length + matched);
        foreach (var key in typed)
        {
            while (matched > 0 && key != sequence[matched])
            {
                // What was held back may still end with the beginning of the keys.
                var shorter = matched - 1;
                while (!sequence.AsSpan(matched - shorter, shorter).SequenceEqual(sequence.AsSpan(0, shorter)))
                {
                    shorter--;
                }

                passed.AddRange(sequence.AsSpan(0, matched - shorter));
                matched = shorter;
            }

            if (key != sequence[matched])
            {
                passed.Add(key);
            }
            else if (++matched == sequence.Length)
            {
                break;
            }
        }

        return [.. passed];
    }
}
