using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Capabilities to add to and drop from the default set, as written: <c>NET_ADMIN</c>, <c>CAP_NET_ADMIN</c> or <c>ALL</c>.</summary>
[JsonRecord]
public sealed partial record Capabilities
{
    public IReadOnlyList<string> Add { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Drop { get; init => field = value ?? []; } = [];
}
