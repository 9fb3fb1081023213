using Peapod.Container.Seccomp;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>What a plan is compiled from, besides the configuration.</summary>
public sealed record PlanRequest
{
    /// <summary>The container's id.</summary>
    public required string Id { get; init; }

    public required Spec Spec { get; init; }

    /// <summary>The bundle's absolute path; relative paths of the configuration start there.</summary>
    public required string Bundle { get; init; }

    /// <summary>Where the cgroup2 file system is mounted on the host.</summary>
    public required string CgroupMount { get; init; }

    /// <summary>The root file system is brought as a detached mount (<see cref="PlanInput.RootMount"/>); root.path is not used.</summary>
    public bool BringsRoot { get; init; }

    /// <summary>Wait for <c>start</c> before the exec.</summary>
    public bool WaitsForStart { get; init; }

    /// <summary>Become a sandbox's process instead of executing one.</summary>
    public bool Pauses { get; init; }

    /// <summary>How many descriptors the process keeps after the standard streams and those of <see cref="ListenFds"/>.</summary>
    public int PreserveFds { get; init; }

    /// <summary>How many descriptors after the standard streams are sockets of sd_listen_fds(3), which the process is told of.</summary>
    public int ListenFds { get; init; }

    /// <summary>The host's folder with the socket that takes the process's readiness; null for none.</summary>
    public string? NotifyFolder { get; init; }

    /// <summary>The process's terminal is joined to the caller's, which makes CR LF of line ends itself: ONLCR of termios(3) is cleared, as runc does.</summary>
    public bool RelaysTerminal { get; init; }

    public bool NoPivot { get; init; }

    public bool NoNewKeyring { get; init; }

    /// <summary>The capabilities that the runtime has and can grant, a bit for each. A container in a user namespace has them all there.</summary>
    public ulong Grantable { get; init; } = ulong.MaxValue;

    /// <summary>Compiles a system call filter, or knows it from an earlier container.</summary>
    internal Func<LinuxSeccomp, SeccompFilter> CompileFilter { get; init; } = SeccompCompiler.Compile;
}
