namespace Peapod.Container.Plans;

/// <summary>Where init waits for its parent.</summary>
internal enum InitStage
{
    /// <summary>In its new user namespace, before the maps are written.</summary>
    MapUsers = 1,

    /// <summary>Everything is set up; what follows is the wait for start, or the exec.</summary>
    Ready = 2,

    /// <summary>In a user namespace, where it may not raise limits itself.</summary>
    Limits = 3,

    /// <summary>A sibling was made that goes on in its place.</summary>
    Spawned = 4,

    /// <summary>It has a filter with a listener, and the parent is to take it.</summary>
    Listener = 5,

    /// <summary>The root file system is set up and not yet the root: the runtime runs its hooks.</summary>
    Hooks = 6,

    /// <summary>It has made a time namespace that no process is in yet: the parent sets the offsets of its clocks.</summary>
    TimeOffsets = 7,

    /// <summary>It is in its network namespace, which the parent moves devices into.</summary>
    NetDevices = 8,

    /// <summary>It has no right to choose its scheduling policy any more.</summary>
    Scheduler = 9,

    /// <summary>The filter comes next, and perhaps a birth under it: what is done from outside is inherited then.</summary>
    BeforeFilter = 10,

    /// <summary>The process that goes on is born into a PID namespace with others in it; everything is set up.</summary>
    Born = 11,

    /// <summary>It is at a bind mount whose source could not be opened before.</summary>
    Source = 12,
}
