using System.Text.Json.Serialization;

namespace Peapod.Pod.Manifest;

/// <summary>When the image is asked for at its registry.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImagePullPolicy>))]
public enum ImagePullPolicy
{
    Always,
    IfNotPresent,
    Never,
}
