namespace Peapod.Container;

/// <summary>The last resort: a failure that nobody foresaw, which is a fault of Peapod's, gets one sentence too, and its trace only for who asks for it.</summary>
public static class UnexpectedFailure
{
    /// <summary>The variable of the environment that asks for the trace.</summary>
    private const string Asking = "PEAPOD_DEBUG";

    public static string Sentence(Exception e) => e is OutOfMemoryException
        ? "out of memory: what was to be done needs more than the 256 MiB that a command may have, or than its limits (ulimit -v, the cgroup's memory.max)"
        : $"unexpected failure, a fault of Peapod's: {e.GetType().Name}: {e.Message.Split('\n')[0]}\n  {Asking}=1 in the environment shows where it happened";

    /// <summary>Where it happened, for who asked; else null.</summary>
    public static string? Trace(Exception e) => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Asking)) ? null : e.ToString();
}
