namespace Peapod.Container;

/// <summary>What a user reads when a command cannot be done: the sentence begins with their own field, flag or object.</summary>
public class ContainerException : Exception
{
    public ContainerException(string message, int exitCode = 1, Exception? innerException = null)
        : base(message, innerException) => ExitCode = exitCode;

    /// <summary>The command's exit code; 127 and 126 for an executable that is missing or may not be executed.</summary>
    public int ExitCode { get; }
}
