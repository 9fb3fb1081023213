using System.Runtime.InteropServices;

namespace Peapod.Image.Documents;

/// <summary>What a manifest is for, in Go's names.</summary>
internal sealed record Platform(string Os, string Architecture, string? Variant)
{
    internal static readonly Platform Host = new("linux", RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        var other => other.ToString().ToLowerInvariant(),
    }, null);

    internal bool RunsHere => Os == Host.Os && Architecture == Host.Architecture;

    /// <summary>Among several that run here the one that asks least of the processor.</summary>
    internal int Preference => Variant is null or "" or "v1" ? 0 : Variant is "v8" ? 1 : 2;

    public override string ToString() => string.IsNullOrEmpty(Variant) ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}
