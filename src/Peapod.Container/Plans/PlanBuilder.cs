using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>A plan in the making.</summary>
internal sealed class PlanBuilder
{
    private readonly List<HostStep> host = new(16);
    private readonly List<InitOperation> init = new(64);
    private readonly List<SpecException> warnings = [];
    private int slots;

    internal ulong CloneFlags { get; set; }

    /// <summary>A PID namespace with others in it, which the container's first process is born into in the end; null for a new one or none.</summary>
    internal JoinedPidNamespace? JoinedPid { get; set; }

    /// <summary>What the hooks that init runs write their standard output to; null for what is told of a failure.</summary>
    internal PlanSlot? HookOutput { get; set; }

    /// <summary>The same of standard error.</summary>
    internal PlanSlot? HookError { get; set; }

    /// <summary>The slot of a root file system that is mounted in a mount namespace with others in it; null for one of the container's own, or none.</summary>
    internal PlanSlot? SharedRoot { get; set; }

    internal IReadOnlyList<HostStep> HostSteps => host;

    internal PlanSlot Slot(string name) => new(slots++, name);

    /// <summary>The slot of a descriptor that the caller brings.</summary>
    internal PlanSlot Input(PlanInput input, string text)
    {
        var slot = Slot(text);
        host.Add(new UseDescriptorStep("", $"use {text}", slot, input));
        return slot;
    }

    internal void Host(HostStep step) => host.Add(step);

    internal void Init(InitOperation operation) => init.Add(operation);

    /// <summary>Notes a field that is not done as it is written, and that ends nothing.</summary>
    internal void Warn(SpecException warning) => warnings.Add(warning);

    internal Plan Build() => new(CloneFlags, host, init, slots) { Warnings = warnings, SharedRoot = SharedRoot };
}
