using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A connection; that it is made is good.</summary>
[JsonRecord]
public sealed partial record TcpSocketAction
{
    /// <summary>The container's port: its number or its name.</summary>
    public PortReference Port { get; init; }

    /// <summary>Null for the pod's address.</summary>
    public string? Host { get; init; }
}
