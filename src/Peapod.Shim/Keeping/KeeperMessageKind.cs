namespace Peapod.Shim.Keeping;

/// <summary>enum kind of native/keeper/keeper.c.</summary>
internal enum KeeperMessageKind
{
    /// <summary>A descriptor comes with it: to be kept, or kept until now.</summary>
    Store = 1,

    /// <summary>A descriptor need not be kept any more.</summary>
    Drop = 2,

    /// <summary>Asks for all that is kept, and ends the answer.</summary>
    Fetch = 3,

    /// <summary>From the keeper: a process has ended. To it: that is written down, and can be forgotten.</summary>
    Exited = 4,

    /// <summary>The pod runs: from now on it gets another supervisor when this one dies.</summary>
    Ready = 5,

    /// <summary>The pod is over, or somebody else's: no other supervisor is wanted.</summary>
    Done = 6,
}
