namespace Peapod.Pod.Objects;

/// <summary>Where the last words of a container come from.</summary>
public enum TerminationMessagePolicy
{
    File,

    /// <summary>The end of its log, when it failed and left the file empty.</summary>
    FallbackToLogsOnError,
}
