using Peapod.Container.Cgroups;
using Peapod.Container.Notify;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Mounts;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <summary>What a container is made from.</summary>
public sealed record CreateRequest
{
    public required string Id { get; init; }

    public required Spec Spec { get; init; }

    /// <summary>The configuration as it was read; kept for later commands.</summary>
    public required ReadOnlyMemory<byte> SpecJson { get; init; }

    /// <summary>The bundle's absolute path.</summary>
    public required string Bundle { get; init; }

    /// <summary>The root file system as a detached mount, in place of root.path.</summary>
    public DetachedMount? RootMount { get; init; }

    /// <summary>Detached mounts for sources of bind mounts that are not to be found on the host, by the sources' paths, each for one mount; null for none.</summary>
    public IReadOnlyDictionary<string, DetachedMount>? Sources { get; init; }

    /// <summary>Who makes the cgroup, and so how linux.cgroupsPath is read.</summary>
    public CgroupManager CgroupManager { get; init; }

    /// <summary>Have the process wait for <see cref="Container.Start"/>; otherwise it runs when the creation returns.</summary>
    public bool WaitsForStart { get; init; }

    /// <summary>Make a sandbox: its process holds the namespaces and executes nothing.</summary>
    public bool Pauses { get; init; }

    public StandardStreams Streams { get; init; }

    /// <summary>The connected socket that takes the terminal's master side; needed when process.terminal is set.</summary>
    public SafeFd? ConsoleSocket { get; init; }

    /// <inheritdoc cref="Plans.PlanRequest.RelaysTerminal"/>
    public bool RelaysTerminal { get; init; }

    /// <summary>How many descriptors the process keeps after the standard streams and those of <see cref="ListenFds"/>.</summary>
    public int PreserveFds { get; init; }

    /// <summary>How many descriptors after the standard streams are sockets of sd_listen_fds(3), which the process is told of.</summary>
    public int ListenFds { get; init; }

    /// <summary>Takes the process's readiness, sd_notify(3); null when nobody asks for it.</summary>
    public NotifySocket? Notify { get; init; }

    public bool NoPivot { get; init; }

    public bool NoNewKeyring { get; init; }

    /// <summary>The connected socket that takes a pidfd of the process, or null.</summary>
    public SafeFd? PidfdSocket { get; init; }

    /// <summary>Where the process's number is written, or null.</summary>
    public string? PidFile { get; init; }

    /// <summary>This process stays until the container has ended, and deletes it then. Should it be killed before, nobody else will.</summary>
    public bool CallerDeletes { get; init; }

    /// <summary>Ends the creation from another thread; null for none.</summary>
    public Interruption? Interruption { get; init; }
}
