using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The cgroup's limits (config-linux.md, Control groups); also the document of <c>update -r</c>.</summary>
[JsonRecord]
public sealed partial record LinuxResources
{
    /// <summary>Which devices may be used; of the rules that match the last decides.</summary>
    public IReadOnlyList<LinuxDeviceCgroup> Devices { get; init; } = [];

    /// <summary>Memory limits.</summary>
    public LinuxMemory? Memory { get; init; }

    /// <summary>CPU time and placement.</summary>
    public LinuxCpu? Cpu { get; init; }

    /// <summary>How many tasks.</summary>
    public LinuxPids? Pids { get; init; }

    /// <summary>Block device weights and throttles.</summary>
    public LinuxBlockIO? BlockIO { get; init; }

    /// <summary>Huge pages, per page size.</summary>
    public IReadOnlyList<LinuxHugepageLimit> HugepageLimits { get; init; } = [];

    /// <summary>Network class and priorities; cgroup v1 only.</summary>
    public LinuxNetwork? Network { get; init; }

    /// <summary>RDMA resources, by device name.</summary>
    public IReadOnlyDictionary<string, LinuxRdma> Rdma { get; init; } = JsonMap<LinuxRdma>.Empty;

    /// <summary>Files of the cgroup v2 directory and what is written to them.</summary>
    public IReadOnlyDictionary<string, string> Unified { get; init; } = JsonMap<string>.Empty;
}
