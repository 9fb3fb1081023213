namespace Peapod.Pod.Manifest;

/// <summary>What a manifest's file may hold, so that no file, and nothing that its aliases make of it, needs more memory than a command has.</summary>
internal sealed class SourceLimits
{
    /// <summary>Values in a file, with all that aliases repeat: far more than any honest manifest has.</summary>
    internal const int Values = 200_000;

    /// <summary>Characters of one object's keys and values, with all that aliases repeat; the API server takes 3 MiB in one request.</summary>
    internal const int ObjectText = 3 << 20;

    private int left = Values;
    private int textLeft = ObjectText;

    /// <summary>Another object begins.</summary>
    internal void Enter() => textLeft = ObjectText;

    /// <summary>One more value.</summary>
    /// <exception cref="SourceException">That is too many.</exception>
    internal void Count(int line)
    {
        if (--left < 0)
        {
            throw new SourceException(line, $"the file has more than {Values} values, aliases resolved; split it into several files");
        }
    }

    /// <summary>A key, or a value that is a text.</summary>
    /// <exception cref="SourceException">The object is too large with it.</exception>
    internal void Count(int line, string text)
    {
        if ((textLeft -= text.Length) < 0)
        {
            throw new SourceException(line, $"the object has more than {ObjectText} characters, aliases resolved: more than the API server takes");
        }
    }
}
