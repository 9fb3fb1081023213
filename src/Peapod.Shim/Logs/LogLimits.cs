namespace Peapod.Shim.Logs;

/// <summary>How much of a log is kept; the kubelet's containerLogMaxSize and containerLogMaxFiles.</summary>
/// <param name="FileSize">Bytes that a file has at most.</param>
/// <param name="Files">Files that a run has at most.</param>
internal sealed record LogLimits(long FileSize = 10 << 20, int Files = 5)
{
    internal static LogLimits Default { get; } = new();
}
