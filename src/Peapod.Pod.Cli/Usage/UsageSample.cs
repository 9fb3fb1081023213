using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Usage;

/// <summary>The containers of pods, read twice: what they use now, and how fast they take processor time.</summary>
internal sealed record UsageSample(ContainerUsage Now, long? MilliCores)
{
    /// <summary>Milliseconds between the two readings: long enough for the kernel's clock ticks, short enough for who waits.</summary>
    internal const int Window = 250;

    internal static List<UsageSample> Take(IReadOnlyList<PodView> pods)
    {
        var before = Read(pods);
        Thread.Sleep(Window);
        return Since(before, Read(pods));
    }

    internal static List<ContainerUsage> Read(IReadOnlyList<PodView> pods)
    {
        var usages = new List<ContainerUsage>();
        foreach (var pod in pods)
        {
            usages.AddRange(ContainerUsage.Read(pod.Folders, pod.ContainerNames()));
        }

        return usages;
    }

    internal static List<UsageSample> Since(List<ContainerUsage> before, List<ContainerUsage> now) => now.ConvertAll(usage =>
        new UsageSample(usage, before.Find(earlier => earlier.Pod == usage.Pod && earlier.Namespace == usage.Namespace && earlier.Container == usage.Container) is { } known ? usage.MilliCores(known) : null));
}
