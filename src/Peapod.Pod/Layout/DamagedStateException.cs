namespace Peapod.Pod.Layout;

/// <summary>A file in which Peapod keeps something is there, but cannot be read, or does not hold what was written there.</summary>
/// <param name="file">Its path.</param>
/// <param name="reason">What is wrong with it: part of a sentence.</param>
/// <param name="remedy">What its user can do; null when the sentence says enough.</param>
/// <param name="cause">What was met with in reading it.</param>
public sealed class DamagedStateException(string file, string reason, string? remedy = null, Exception? cause = null)
    : PodException($"{file} is damaged: {reason}{(remedy is null ? "" : $"\n  {remedy}")}", cause);
