namespace Peapod.Pod.Supervision.Probes;

/// <summary>How an attempt ended.</summary>
/// <param name="Good">As hoped.</param>
/// <param name="Detail">What came back, or what went wrong.</param>
internal readonly record struct AttemptResult(bool Good, string Detail);
