using System.Text.Json.Serialization;

namespace Peapod.Pod.Manifest;

/// <summary>When the containers of a pod are started again after they ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RestartPolicy>))]
public enum RestartPolicy
{
    Always,
    OnFailure,
    Never,
}
