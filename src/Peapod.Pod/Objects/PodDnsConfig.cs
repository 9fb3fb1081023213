using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>What is added to resolv.conf.</summary>
[JsonRecord]
public sealed partial record PodDnsConfig
{
    public IReadOnlyList<string> Nameservers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Searches { get; init => field = value ?? []; } = [];

    public IReadOnlyList<PodDnsConfigOption> Options { get; init => field = value ?? []; } = [];
}
