using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>"process": what the container executes, and as whom.</summary>
[JsonRecord]
public sealed partial record Process
{
    public bool? Terminal { get; init; }

    public ConsoleSize? ConsoleSize { get; init; }

    public User? User { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    /// <summary>Entries of the form NAME=value.</summary>
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>An absolute path in the container.</summary>
    public string? Cwd { get; init; }

    public ProcessCapabilities? Capabilities { get; init; }

    public IReadOnlyList<Rlimit>? Rlimits { get; init; }

    public bool? NoNewPrivileges { get; init; }

    public string? ApparmorProfile { get; init; }

    /// <summary>-1000 to 1000; proc(5).</summary>
    public int? OomScoreAdj { get; init; }

    public Scheduler? Scheduler { get; init; }

    public string? SelinuxLabel { get; init; }

    public IoPriority? IoPriority { get; init; }

    public CpuAffinity? ExecCPUAffinity { get; init; }
}
