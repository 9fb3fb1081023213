using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>CPU affinity of a process of <c>exec</c> (config.md, Linux Process, execCPUAffinity). Lists such as <c>0-3,7</c>.</summary>
[JsonRecord]
public sealed partial record ExecCpuAffinity
{
    /// <summary>The CPUs until the process has been moved into the container's cgroup.</summary>
    public string? Initial { get; init; }

    /// <summary>The CPUs after that.</summary>
    public string? Final { get; init; }
}
