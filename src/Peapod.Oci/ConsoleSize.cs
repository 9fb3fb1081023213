using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The size of a terminal in characters.</summary>
[JsonRecord]
public sealed partial record ConsoleSize
{
    public uint Height { get; init; }

    public uint Width { get; init; }
}
