using System.Text.Json.Serialization;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>One address of a pod.</summary>
[JsonRecord]
public sealed partial record PodIP
{
    [JsonPropertyName("ip")]
    public string Address { get; init => field = value ?? ""; } = "";
}
