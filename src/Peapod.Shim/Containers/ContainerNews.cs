using Peapod.Kernel.Processes;

namespace Peapod.Shim.Containers;

/// <summary>What has become of a container since it was looked at last.</summary>
internal abstract record ContainerNews
{
    /// <summary>Its process runs.</summary>
    internal sealed record Started : ContainerNews;

    /// <summary>It could not be made or started; nothing of the attempt is left, unless it hangs.</summary>
    /// <param name="Why">In words for the user.</param>
    internal sealed record NotStarted(Exception Why) : ContainerNews;

    /// <summary>Its process has ended, and its output is in the log.</summary>
    /// <param name="Status">How; null when nobody saw it.</param>
    /// <param name="OutOfMemory">The kernel has killed a process of the container's cgroup for want of memory.</param>
    internal sealed record Ended(ExitStatus? Status, bool OutOfMemory) : ContainerNews;
}
