namespace Peapod.Pod.Objects;

/// <summary>Where resolv.conf comes from.</summary>
public enum DnsPolicy
{
    /// <summary>There is no cluster here: as Default.</summary>
    ClusterFirst,

    /// <summary>As ClusterFirst.</summary>
    ClusterFirstWithHostNet,

    /// <summary>The host's.</summary>
    Default,

    /// <summary>Only dnsConfig.</summary>
    None,
}
