using Peapod.Oci;

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

    /// <summary>
    /// The path of the root file system, when the container has mounts before this one: a source in there may lie in one of them, so it
    /// is opened when they are in place. Null when there are none.
    /// </summary>
    public string? EarlierMountsIn { get; init; }

    /// <summary>Of <see cref="Clear"/>, the MOUNT_ATTR_* that an option names.</summary>
    public ulong ClearNamed { get; init; }

    /// <summary>An option names the access time mode.</summary>
    public bool SetsAccessTime { get; init; }

    /// <summary>The container's user namespace has no say over flags of the host's mount: they stay. mount_namespaces(7), "locked".</summary>
    public bool KeepsFlags { get; init; }

    /// <summary>A source that is a symlink is mounted itself.</summary>
    public bool KeepsLink { get; init; }

    /// <summary>For a source that is a symlink, the slot gets the link, for init to make another.</summary>
    public bool CopiesLink { get; init; }

    /// <summary>The slot of the user namespace whose maps the mount gets, or null.</summary>
    public PlanSlot? IdMap { get; init; }

    /// <summary>The maps hold for what is mounted below, too.</summary>
    public bool IdMapRecursive { get; init; }
}

/// <summary>Makes a user namespace for the maps of a mount. No process stays in it.</summary>
public sealed record MakeUserNamespaceStep(
    string Field,
    string Text,
    PlanSlot Slot,
    IReadOnlyList<LinuxIdMapping> UidMappings,
    IReadOnlyList<LinuxIdMapping> GidMappings) : HostStep(Field, Text);

/// <summary>Opens a namespace file (or any other file of the host) for init to use.</summary>
public sealed record OpenNamespaceStep(string Field, string Text, PlanSlot Slot, string Path, ulong CloneFlag) : HostStep(Field, Text);

/// <summary>Opens a file of the host to append to; it is made when it is not there.</summary>
public sealed record OpenLogStep(string Field, string Text, PlanSlot Slot, string Path) : HostStep(Field, Text);

/// <summary>Makes a detached mount of the host's /dev/null, after looking that it is character device 1:3.</summary>
public sealed record CloneNullDeviceStep(string Field, string Text, PlanSlot Slot) : HostStep(Field, Text);

/// <summary>
/// Makes a device's node and leaves a detached mount of it in <paramref name="Slot"/>, which stays empty where we may make none: for a user
/// namespace, in which mknod(2) is refused. <paramref name="Uid"/> and <paramref name="Gid"/> are the host's.
/// </summary>
public sealed record MakeDeviceStep(string Field, string Text, PlanSlot Slot, uint Mode, ulong Major, ulong Minor, uint Uid, uint Gid) : HostStep(Field, Text);

/// <summary>Looks that the host has a security module, before anything is made that needs it.</summary>
public sealed record RequireModuleStep(string Field, string Text, SecurityModule Module) : HostStep(Field, Text);

/// <summary>The security modules whose labels a configuration can give.</summary>
public enum SecurityModule
{
    AppArmor,
    SELinux,
}

/// <summary>Makes a procfs of the runtime's PID namespace, attached nowhere.</summary>
public sealed record OpenProcStep(string Field, string Text, PlanSlot Slot) : HostStep(Field, Text);

/// <summary>Makes the container's group of resctrl, or looks that the shared one is there.</summary>
/// <param name="Rdt">linux.intelRdt.</param>
/// <param name="Id">The container's id.</param>
public sealed record MakeResctrlGroupStep(string Field, string Text, LinuxIntelRdt Rdt, string Id) : HostStep(Field, Text);

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
    JoinedRoot,
}
