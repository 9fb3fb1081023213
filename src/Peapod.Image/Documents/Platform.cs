using System.Runtime.InteropServices;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Documents;

/// <summary>What a manifest is for, in Go's names.</summary>
public sealed record Platform(string Os, string Architecture, string? Variant)
{
    public static readonly Platform Host = new("linux", RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        var other => other.ToString().ToLowerInvariant(),
    }, null);

    /// <summary>As users write it: <c>linux/arm64</c>, <c>linux/arm/v7</c>, and the kernel's names of processors, too.</summary>
    /// <param name="text">What they wrote.</param>
    /// <param name="subject">Where, for the message: <c>--platform</c>.</param>
    /// <exception cref="ImageException">It is no platform.</exception>
    public static Platform Parse(string text, string subject)
    {
        var parts = text.Split('/');
        return parts.Length is 2 or 3 && Array.TrueForAll(parts, static part => part.Length > 0 && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
            ? Of(parts[0], parts[1], parts.Length == 3 ? parts[2] : null)
            : throw new ImageException($"{subject}: \"{Printable.Short(text)}\" is not a platform: OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, as linux/arm64 or linux/arm/v7");
    }

    /// <summary>In Go's names, whichever were given.</summary>
    public static Platform Of(string os, string architecture, string? variant) => (architecture.ToLowerInvariant(), variant) switch
    {
        ("x86_64" or "x86-64", _) => new(os, "amd64", variant),
        ("i386" or "i686", _) => new(os, "386", variant),
        ("aarch64", _) => new(os, "arm64", variant),
        ("armhf" or "armv7l", null) => new(os, "arm", "v7"),
        ("armel" or "armv6l", null) => new(os, "arm", "v6"),
        var (plain, _) => new(os, plain, variant),
    };

    public override string ToString() => string.IsNullOrEmpty(Variant) ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    /// <summary>What is for this platform runs on that one, whose variant is perhaps a later one.</summary>
    internal bool Suits(Platform wanted) => Os == wanted.Os && Architecture == wanted.Architecture && (string.IsNullOrEmpty(wanted.Variant) || Level <= wanted.Level);

    /// <summary>The smaller, the better: the highest variant for a wanted one, else what asks least of the processor.</summary>
    internal int PreferenceFor(Platform wanted) => string.IsNullOrEmpty(wanted.Variant) ? Variant is null or "" or "v1" ? 0 : Variant is "v8" ? 1 : 2 : -Level;

    /// <summary>v8 as 8; without a variant what each architecture begins with.</summary>
    private int Level => Variant is ['v', .. var number] && int.TryParse(number.Split('.')[0], out var level) ? level : 0;
}
