using System.Text.Json.Serialization;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A line of /etc/hosts.</summary>
[JsonRecord]
public sealed partial record HostAlias
{
    [JsonPropertyName("ip")]
    public string IP { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string> Hostnames { get; init => field = value ?? []; } = [];
}
