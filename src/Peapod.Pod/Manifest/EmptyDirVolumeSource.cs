using System.Text.Json.Serialization;

namespace Peapod.Pod.Manifest;

public sealed record EmptyDirVolumeSource
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public StorageMedium Medium { get; init; }

    /// <summary>Bytes; null for no limit.</summary>
    public Quantity? SizeLimit { get; init; }
}
