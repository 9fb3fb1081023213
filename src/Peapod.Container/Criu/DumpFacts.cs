namespace Peapod.Container.Criu;

/// <summary>What a dump is compiled from besides the configuration and the flags.</summary>
internal sealed record DumpFacts
{
    internal required int Pid { get; init; }

    internal required string Rootfs { get; init; }

    /// <summary>The cgroup's directory; empty for none.</summary>
    internal required string Cgroup { get; init; }

    internal required int ImagesFd { get; init; }

    internal int? WorkFd { get; init; }

    /// <summary>Where a path of the configuration leads to in the container; null when nothing is there.</summary>
    internal required Func<string, (string Path, bool IsDirectory)?> PlaceOf { get; init; }

    /// <summary>The inode of a namespace, by its path and the field that has it.</summary>
    internal required Func<string, string, ulong> Inode { get; init; }
}
