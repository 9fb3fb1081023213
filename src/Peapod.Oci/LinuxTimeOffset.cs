using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>time_namespaces(7).</summary>
[JsonRecord]
public sealed partial record LinuxTimeOffset
{
    /// <summary>Seconds.</summary>
    public long? Secs { get; init; }

    /// <summary>Nanoseconds.</summary>
    public uint? Nanosecs { get; init; }
}
