using System.Text.Json.Serialization;

namespace Peapod.Pod.Objects;

/// <summary>The transport protocol of a container's port.</summary>
public enum PortProtocol
{
    [JsonStringEnumMemberName("TCP")]
    Tcp,

    [JsonStringEnumMemberName("UDP")]
    Udp,

    [JsonStringEnumMemberName("SCTP")]
    Sctp,
}
