using Peapod.Container.Seccomp;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>What the plan of one more process in a running container is compiled from. The container is brought as <see cref="PlanInput.JoinedProcess"/>.</summary>
public sealed record ExecPlanRequest
{
    /// <summary>The container's configuration.</summary>
    public required Spec Container { get; init; }

    /// <summary>What is executed.</summary>
    public required Process Process { get; init; }

    /// <summary>The container's id, whose session keyring is joined; null leaves the caller's.</summary>
    public string? KeyringOf { get; init; }

    /// <summary>How many descriptors after the standard streams the process keeps.</summary>
    public int PreserveFds { get; init; }

    /// <inheritdoc cref="PlanRequest.RelaysTerminal"/>
    public bool RelaysTerminal { get; init; }

    /// <inheritdoc cref="PlanRequest.Grantable"/>
    public ulong Grantable { get; init; } = ulong.MaxValue;

    /// <inheritdoc cref="PlanRequest.CompileFilter"/>
    internal Func<LinuxSeccomp, SeccompFilter> CompileFilter { get; init; } = SeccompCompiler.Compile;
}
