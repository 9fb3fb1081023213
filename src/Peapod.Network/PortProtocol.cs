namespace Peapod.Network;

/// <summary>The protocol of a port, by its IP protocol number.</summary>
public enum PortProtocol : byte
{
    Tcp = 6,
    Udp = 17,
    Sctp = 132,
}
