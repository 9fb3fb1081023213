namespace Peapod.Container.Diagnosis;

/// <summary>One thing that the host has or lacks.</summary>
/// <param name="Area">What it belongs to: kernel, cgroup, namespace, …</param>
/// <param name="What">Its name.</param>
/// <param name="Status">How it is.</param>
/// <param name="Detail">What was found, or the kernel's reason.</param>
public sealed record Finding(string Area, string What, FindingStatus Status, string Detail)
{
    /// <summary>Without it no container can run.</summary>
    public bool Needed { get; init; }

    /// <summary>What follows from it, in a sentence; empty when it is as it should be.</summary>
    public string Consequence { get; init; } = "";

    /// <summary>What to do about it, in a sentence; empty when it is as it should be, or nothing can be done.</summary>
    public string Remedy { get; init; } = "";

    /// <summary>Containers cannot run for it.</summary>
    public bool IsFatal => Needed && Status == FindingStatus.Missing;
}
