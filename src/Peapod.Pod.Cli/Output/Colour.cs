using Peapod.Kernel.Interop;

namespace Peapod.Pod.Cli.Output;

/// <summary>A colour of a terminal's text; ECMA-48, "Select graphic rendition".</summary>
internal readonly record struct Colour(int Code)
{
    internal static readonly Colour Red = new(31);
    internal static readonly Colour Green = new(32);
    internal static readonly Colour Yellow = new(33);
    internal static readonly Colour Faint = new(2);

    /// <summary>Whether what is printed is coloured: on a terminal that knows colours, unless NO_COLOR (no-color.org) is set.</summary>
    internal static bool IsOn { get; } =
        Libc.isatty(1) == 1 && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    internal string Of(string text) => text.Length == 0 ? text : $"\u001b[{Code}m{text}\u001b[0m";
}
