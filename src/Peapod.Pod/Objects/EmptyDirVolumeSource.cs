using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

[JsonRecord]
public sealed partial record EmptyDirVolumeSource
{
    [OmitDefault]
    public StorageMedium Medium { get; init; }

    /// <summary>Bytes; null for no limit.</summary>
    public Quantity? SizeLimit { get; init; }
}
