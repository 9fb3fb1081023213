using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>An option of resolv.conf(5).</summary>
[JsonRecord]
public sealed partial record PodDnsConfigOption
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Value { get; init; }
}
