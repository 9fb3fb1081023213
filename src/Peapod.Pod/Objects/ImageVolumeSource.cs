using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>The files of an image, read-only.</summary>
[JsonRecord]
public sealed partial record ImageVolumeSource
{
    public string Reference { get; init => field = value ?? ""; } = "";

    public ImagePullPolicy? PullPolicy { get; init; }
}
