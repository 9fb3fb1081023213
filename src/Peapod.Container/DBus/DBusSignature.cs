namespace Peapod.Container.DBus;

/// <summary>Type signatures: D-Bus specification, "Type System".</summary>
internal static class DBusSignature
{
    private const int MaximumLength = 255;
    private const int MaximumDepth = 32;

    /// <summary>Where the complete type that begins at <paramref name="start"/> ends.</summary>
    /// <exception cref="DBusException">It is no type.</exception>
    internal static int End(ReadOnlySpan<char> signature, int start) => signature.Length <= MaximumLength
        ? End(signature, start, 0)
        : throw Malformed(signature);

    /// <summary>The number of bytes that a value of the type is aligned to, in the message.</summary>
    internal static int Alignment(char type) => type switch
    {
        'y' or 'g' or 'v' => 1,
        'n' or 'q' => 2,
        'b' or 'i' or 'u' or 's' or 'o' or 'a' or 'h' => 4,
        _ => 8,
    };

    internal static DBusException Malformed(ReadOnlySpan<char> signature) => new($"\"{signature}\" is no type signature");

    private static int End(ReadOnlySpan<char> signature, int start, int depth)
    {
        if (start >= signature.Length || depth > MaximumDepth)
        {
            throw Malformed(signature);
        }

        switch (signature[start])
        {
            case 'y' or 'b' or 'n' or 'q' or 'i' or 'u' or 'x' or 't' or 'd' or 's' or 'o' or 'g' or 'h' or 'v':
                return start + 1;
            case 'a':
                return End(signature, start + 1, depth + 1);
            case '(' or '{':
                var close = signature[start] == '(' ? ')' : '}';
                var position = start + 1;
                do
                {
                    position = End(signature, position, depth + 1);
                }
                while (position < signature.Length && signature[position] != close);
                return position < signature.Length ? position + 1 : throw Malformed(signature);
            default:
                throw Malformed(signature);
        }
    }
}
