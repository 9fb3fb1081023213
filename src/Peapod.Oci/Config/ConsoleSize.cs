using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The size of a terminal (config.md, Process, consoleSize).</summary>
[JsonRecord]
public sealed partial record ConsoleSize
{
    /// <summary>Lines.</summary>
    public ulong Height { get; init; }

    /// <summary>Columns.</summary>
    public ulong Width { get; init; }
}
