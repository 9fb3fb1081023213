using System.Text;

namespace Peapod.Kernel.Files;

/// <summary>
/// A short text of our own in a file. Its last line end says that it is whole: without one, the first half of a number would pass for a number.
/// </summary>
public static class WholeText
{
    /// <summary>What the file is to hold.</summary>
    public static byte[] Format(string text) => Encoding.UTF8.GetBytes($"{text}\n");

    /// <summary>The text without that line end; null when the file is not there.</summary>
    /// <exception cref="FormatException">The file ends before the text does.</exception>
    /// <exception cref="KernelException">It cannot be read.</exception>
    public static string? TryRead(string path) => FileSystem.TryReadBytes(path) is { } bytes ? Parse(bytes) : null;

    /// <summary>The text in a file's content.</summary>
    /// <exception cref="FormatException">The content ends before the text does.</exception>
    public static string Parse(ReadOnlySpan<byte> content) =>
        content is [.. var text, (byte)'\n'] ? Encoding.UTF8.GetString(text) : throw new FormatException("it is cut off");
}
