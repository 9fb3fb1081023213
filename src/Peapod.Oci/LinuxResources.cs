using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>"linux.resources": cgroup limits.</summary>
[JsonRecord]
public sealed partial record LinuxResources
{
    public IReadOnlyList<LinuxDeviceCgroup>? Devices { get; init; }

    public LinuxMemory? Memory { get; init; }

    public LinuxCpu? Cpu { get; init; }

    public LinuxPids? Pids { get; init; }

    public LinuxBlockIO? BlockIO { get; init; }

    public IReadOnlyList<LinuxHugepageLimit>? HugepageLimits { get; init; }

    public LinuxNetwork? Network { get; init; }

    /// <summary>By the device's name.</summary>
    public IReadOnlyDictionary<string, LinuxRdma>? Rdma { get; init; }

    /// <summary>Cgroup v2 file name to content.</summary>
    public IReadOnlyDictionary<string, string>? Unified { get; init; }
}
