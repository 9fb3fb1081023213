using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A condition on an argument.</summary>
[JsonRecord]
public sealed partial record LinuxSeccompArg
{
    public uint Index { get; init; }

    public ulong Value { get; init; }

    public ulong? ValueTwo { get; init; }

    public string? Op { get; init; }
}
