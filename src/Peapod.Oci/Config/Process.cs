using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A process to be run in the container (config.md, Process); also the document of <c>exec --process</c>.</summary>
[JsonRecord]
public sealed partial record Process
{
    /// <summary>Gives the process a pseudo-terminal.</summary>
    [OmitDefault]
    public bool Terminal { get; init; }

    /// <summary>The terminal's size in characters.</summary>
    public ConsoleSize? ConsoleSize { get; init; }

    /// <summary>Who the process runs as.</summary>
    public User User { get; init; } = new();

    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>The environment, each <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>The working directory, an absolute path in the container.</summary>
    public string Cwd { get; init; } = "";

    /// <summary>The capability sets; absent means none are touched.</summary>
    public LinuxCapabilities? Capabilities { get; init; }

    /// <summary>Resource limits, setrlimit(2).</summary>
    public IReadOnlyList<PosixRlimit> Rlimits { get; init; } = [];

    /// <summary>Sets PR_SET_NO_NEW_PRIVS.</summary>
    [OmitDefault]
    public bool NoNewPrivileges { get; init; }

    /// <summary>The AppArmor profile to change to on exec.</summary>
    public string? ApparmorProfile { get; init; }

    /// <summary>/proc/self/oom_score_adj, from -1000 to 1000.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>Scheduling policy, sched_setattr(2).</summary>
    public Scheduler? Scheduler { get; init; }

    /// <summary>The SELinux label to execute with.</summary>
    public string? SelinuxLabel { get; init; }

    /// <summary>I/O scheduling class and priority, ioprio_set(2).</summary>
    public IoPriority? IoPriority { get; init; }

    /// <summary>Which CPUs a process of <c>exec</c> may use.</summary>
    public ExecCpuAffinity? ExecCPUAffinity { get; init; }
}
