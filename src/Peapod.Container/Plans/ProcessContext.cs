using Peapod.Container.Seccomp;

namespace Peapod.Container.Plans;

/// <summary>What the set-up of a process depends on besides the process itself.</summary>
internal sealed record ProcessContext
{
    /// <summary>Init is in a user namespace by then: the parent sets the limits.</summary>
    internal required bool InUserNamespace { get; init; }

    /// <summary>The capabilities that it can be given, a bit for each.</summary>
    internal required ulong Grantable { get; init; }

    /// <summary>The supplementary groups stay the caller's.</summary>
    internal bool KeepsGroups { get; init; }

    /// <summary>The container's system call filter.</summary>
    internal SeccompFilter? Filter { get; init; }

    /// <summary>How many descriptors after the standard streams it keeps.</summary>
    internal int PreserveFds { get; init; }

    /// <summary>
    /// It joins a PID namespace in which others run already: it is born there last of all, with the filter, the rights, the descriptors and
    /// in the place that it will have, for one of those with CAP_SYS_PTRACE may do what it likes with it from its first moment on.
    /// </summary>
    internal bool IsBornLate { get; init; }

    /// <summary>The container whose first process it is, with hooks and a wait for the start; null for one more.</summary>
    internal PlanRequest? First { get; init; }
}
