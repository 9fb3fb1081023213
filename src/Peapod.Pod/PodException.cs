namespace Peapod.Pod;

/// <summary>What a user reads when something with a pod cannot be done.</summary>
public class PodException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The command's exit code; 127 and 126 for an executable that is missing or may not be executed.</summary>
    public int ExitCode { get; init; } = 1;
}
