using System.Text;

namespace Peapod.Image;

/// <summary>Text out of an image made fit for a message: short, and without bytes that a terminal would obey.</summary>
public static class Printable
{
    private const int Longest = 200;

    internal static string Text(ReadOnlySpan<byte> bytes) => Text(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 4 * Longest)].TrimEnd((byte)0)));

    public static string Text(string text)
    {
        var shown = new StringBuilder(Math.Min(text.Length, Longest + 1));
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            shown.Append(char.IsControl(character) ? '?' : character);
        }

        return text.Length > Longest ? shown.Append('…').ToString() : shown.ToString();
    }
}
