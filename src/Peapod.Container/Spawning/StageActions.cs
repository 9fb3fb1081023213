using Peapod.Container.Plans;
using Peapod.Kernel;

namespace Peapod.Container.Spawning;

/// <summary>What is done by whoever makes a process, while init waits.</summary>
internal sealed record StageActions
{
    /// <summary>Gives the process of that number what it is to have from outside, and what its child inherits.</summary>
    internal required Action<int> Settle { get; init; }

    /// <summary>Hands the listener of the filter on.</summary>
    internal required Action<SafeFd> Listener { get; init; }

    /// <summary>Everything is set up, and the process waits for our leave to go on.</summary>
    internal required Action Ready { get; init; }

    /// <summary>Whether the process cannot go on because its cgroup is frozen.</summary>
    internal required Func<bool> IsFrozen { get; init; }

    /// <summary>Runs the hooks of <see cref="InitStage.Hooks"/>; only a plan that has this stage needs it.</summary>
    internal Action? Hooks { get; init; }

    /// <summary>Moves the devices of <see cref="InitStage.NetDevices"/>; only a plan that has this stage needs it.</summary>
    internal Action? Devices { get; init; }
}
