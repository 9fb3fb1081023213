using Peapod.Image;
using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>
/// A container, whoever asks for it: what a manifest's container and the CRI's ContainerConfig both come to, before it is the runtime-spec's configuration
/// (<see cref="SpecCompiler"/>).
/// </summary>
public sealed record ContainerDescription
{
    /// <summary>
    /// The configuration of its image. Of what that says only the process's own matter counts: labels and annotations never become the runtime's
    /// (CVE-2023-6476, CVE-2024-3154).
    /// </summary>
    public required ImageConfig Image { get; init; }

    /// <summary>Replaces the image's entry point and, with it, its arguments; empty for the image's.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Replaces the image's arguments; empty for the image's, if there is no <see cref="Command"/>.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>What is executed: by the container's word, or else its image's. Empty when neither says.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        .. Command.Count > 0 ? Command : Image.Entrypoint ?? [],
        .. Args.Count > 0 ? Args : Command.Count > 0 ? [] : Image.Cmd ?? [],
    ];

    /// <summary>Environment that the image may change: NAME=value.</summary>
    public IReadOnlyList<string> FirstVariables { get; init; } = [];

    /// <summary>Environment that comes after the image's, and counts.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Null for the image's.</summary>
    public string? WorkingDirectory { get; init; }

    public required User User { get; init; }

    public bool HasTerminal { get; init; }

    /// <summary>The terminal's size at first; null for none.</summary>
    public ConsoleSize? TerminalSize { get; init; }

    public required ContainerSecurity Security { get; init; }

    public required ContainerNamespaces Namespaces { get; init; }

    /// <summary>Its cgroup, below the hierarchy's mount point.</summary>
    public required string Cgroup { get; init; }

    public required LinuxResources Resources { get; init; }

    /// <summary>What /proc/PID/oom_score_adj is to be; null for the runtime's own.</summary>
    public int? OomScoreAdjust { get; init; }

    public IReadOnlyList<BlockDevice> Devices { get; init; } = [];

    /// <summary>What is mounted after the file systems that every container has, in this order.</summary>
    public IReadOnlyList<Mount> Mounts { get; init; } = [];
}
