namespace Peapod.Container.Plans;

/// <summary>One thing that the parent does before the spawn, in the order of the plan.</summary>
/// <param name="Field">The field of config.json that asks for it, for errors; empty when it follows from none.</param>
/// <param name="Text">What is done, as the rest of the sentence "cannot …".</param>
public abstract record HostStep(string Field, string Text);

/// <summary>Makes a detached bind mount and leaves it in <paramref name="Slot"/>.</summary>
/// <param name="Slot">Where init finds it.</param>
/// <param name="Source">A path of the host.</param>
/// <param name="Recursive">With what is mounted below.</param>
/// <param name="Set">MOUNT_ATTR_* to set on the top mount.</param>
/// <param name="Clear">MOUNT_ATTR_* to clear on the top mount.</param>
/// <param name="RecursiveSet">MOUNT_ATTR_* to set on all of them.</param>
/// <param name="RecursiveClear">MOUNT_ATTR_* to clear on all of them.</param>
/// <param name="Propagation">MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE, or 0 to leave it.</param>
/// <param name="PropagationRecursive">The propagation holds for what is mounted below, too.</param>
public sealed record CloneMountStep(
    string Field,
    string Text,
    PlanSlot Slot,
    string Source,
    bool Recursive,
    ulong Set,
    ulong Clear,
    ulong RecursiveSet,
    ulong RecursiveClear,
    ulong Propagation,
    bool PropagationRecursive) : HostStep(Field, Text)
{
    /// <summary>Only a proc file system will do: it is mounted where programs look for one.</summary>
    public bool ProcOnly { get; init; }
}

/// <summary>Opens a namespace file (or any other file of the host) for init to use.</summary>
public sealed record OpenNamespaceStep(string Field, string Text, PlanSlot Slot, string Path, ulong CloneFlag) : HostStep(Field, Text);

/// <summary>Makes a detached mount of the host's /dev/null, after looking that it is character device 1:3.</summary>
public sealed record CloneNullDeviceStep(string Field, string Text, PlanSlot Slot) : HostStep(Field, Text);

/// <summary>Takes a descriptor that the caller brings: the root mount of a snapshot, a console socket, the start fifo.</summary>
public sealed record UseDescriptorStep(string Field, string Text, PlanSlot Slot, PlanInput Input) : HostStep(Field, Text);

/// <summary>What a caller can bring to a spawn.</summary>
public enum PlanInput
{
    RootMount,
    ConsoleSocket,
    StartFifo,
    StartReport,
    JoinedProcess,
}
