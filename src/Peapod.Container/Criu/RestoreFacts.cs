namespace Peapod.Container.Criu;

/// <summary>What a restore is compiled from besides the configuration and the flags.</summary>
internal sealed record RestoreFacts
{
    internal required int ImagesFd { get; init; }

    internal int? WorkFd { get; init; }

    /// <summary>Where the root file system is mounted for criu.</summary>
    internal required string Root { get; init; }

    /// <summary>The container's cgroup, from the hierarchy's root; null for none.</summary>
    internal string? CgroupRoot { get; init; }

    /// <summary>Where the hierarchy is mounted.</summary>
    internal required string CgroupMount { get; init; }

    /// <summary>The host's folder of the readiness socket.</summary>
    internal required string NotifyFolder { get; init; }

    /// <summary>Where a read-only null device is mounted, for masks.</summary>
    internal required string NullDevice { get; init; }

    /// <summary>What the standard streams were.</summary>
    internal required IReadOnlyList<string> Descriptors { get; init; }

    /// <summary>An open namespace that criu inherits, by its path and the field that has it.</summary>
    internal required Func<string, string, int> NamespaceFd { get; init; }
}
