using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>The gRPC health protocol, version 1; SERVING is good.</summary>
[JsonRecord]
public sealed partial record GrpcAction
{
    public int Port { get; init; }

    /// <summary>The name asked for; empty for the server as a whole.</summary>
    public string? Service { get; init; }
}
