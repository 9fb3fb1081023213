using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The offset of one clock (config-linux.md, Offset for Time Namespace; time_namespaces(7)).</summary>
[JsonRecord]
public sealed partial record LinuxTimeOffset
{
    /// <summary>Seconds.</summary>
    [OmitDefault]
    public long Secs { get; init; }

    /// <summary>Nanoseconds on top of the seconds.</summary>
    [OmitDefault]
    public uint Nanosecs { get; init; }
}
