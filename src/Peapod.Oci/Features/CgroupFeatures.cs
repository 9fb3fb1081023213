using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Which cgroups the runtime is built for, whatever the host has (features-linux.md, Cgroup).</summary>
[JsonRecord]
public sealed partial record CgroupFeatures
{
    /// <summary>Version 1.</summary>
    public bool? V1 { get; init; }

    /// <summary>Version 2.</summary>
    public bool? V2 { get; init; }

    /// <summary>The systemd driver.</summary>
    public bool? Systemd { get; init; }

    /// <summary>The systemd driver with a user's own manager.</summary>
    public bool? SystemdUser { get; init; }

    /// <summary>The rdma controller.</summary>
    public bool? Rdma { get; init; }
}
