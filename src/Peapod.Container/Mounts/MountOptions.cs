using Peapod.Kernel.Interop;

namespace Peapod.Container.Mounts;

/// <summary>
/// The options of one entry of <c>mounts</c>, sorted into what the mount API takes. mount(8), and the runtime-spec's
/// "Linux mount options"; what is none of those is handed to the file system.
/// </summary>
public sealed class MountOptions
{
    // One bit each for the words on access times, which are one field of MOUNT_ATTR_*; beyond all bits of that.
    private const ulong NoAtime = 1UL << 60, NoDirAtime = 1UL << 61, RelAtime = 1UL << 62, StrictAtime = 1UL << 63;
    private const ulong AccessTimes = NoAtime | NoDirAtime | RelAtime | StrictAtime;
    private const ulong Plain = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC | Libc.MOUNT_ATTR_NOSYMFOLLOW;

    // What the options say yes and no to: MOUNT_ATTR_*, and the bits above.
    private ulong named;
    private ulong cleared;

    /// <summary>Something is said of the mount itself, if only a word that the file system alone could follow.</summary>
    private bool speaks;

    /// <summary>MOUNT_ATTR_* to set on the mount.</summary>
    public ulong Set => (named & Plain) | AccessTimeOf(named) | ((named & NoDirAtime) != 0 ? Libc.MOUNT_ATTR_NODIRATIME : 0);

    /// <summary>
    /// MOUNT_ATTR_* to clear on a bind mount. As under runc, one option about flags is enough for no flag of the source to carry over
    /// that is not named; its access time mode stays while no option names one.
    /// </summary>
    public ulong Clear => !speaks ? 0
        : (Plain & ~named) | ((named & AccessTimes) == 0 ? 0 : Libc.MOUNT_ATTR_ATIME_MASK | (Libc.MOUNT_ATTR_NODIRATIME & ~Set));

    /// <summary>Of <see cref="Clear"/>, what an option names: a bind mount that would keep it is an error.</summary>
    public ulong ClearNamed => cleared & Plain;

    /// <summary>An access time mode is named.</summary>
    public bool SetsAccessTime => (named & AccessTimes) != 0;

    /// <summary>MOUNT_ATTR_* to set and to clear on the mount and all that is mounted below it (rro, rnosuid, …).</summary>
    public ulong RecursiveSet { get; private set; }

    public ulong RecursiveClear { get; private set; }

    /// <summary>MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE; 0 when no option says.</summary>
    public ulong Propagation { get; private set; }

    public bool PropagationRecursive { get; private set; }

    public bool IsBind { get; private set; }

    public bool IsRecursiveBind { get; private set; }

    /// <summary>tmpcopyup: a new tmpfs begins with a copy of what its mount point holds.</summary>
    public bool CopiesUp { get; private set; }

    /// <summary>idmap or ridmap: the mount's ids are mapped.</summary>
    public bool MapsIds { get; private set; }

    /// <summary>ridmap: also those of what is mounted below.</summary>
    public bool IdMapRecursive { get; private set; }

    /// <summary>src-nofollow: a source that is a symlink is mounted itself. crun(1).</summary>
    public bool KeepsSourceLink { get; private set; }

    /// <summary>dest-nofollow: a target that is a symlink is mounted on itself. crun(1).</summary>
    public bool KeepsTargetLink { get; private set; }

    /// <summary>copy-symlink: a source that is a symlink is made anew at the target, and nothing mounted. crun(1).</summary>
    public bool CopiesLink { get; private set; }

    /// <summary>Parameters of the file system: "key=value" or "flag".</summary>
    public List<string> Parameters { get; } = [];

    public static MountOptions Parse(IReadOnlyList<string>? options)
    {
        var result = new MountOptions();
        for (var i = 0; i < (options?.Count ?? 0); i++)
        {
            result.Add(options![i]);
        }

        return result;
    }

    private void Add(string option)
    {
        if (AddAttribute(option) || AddPropagation(option))
        {
            return;
        }

        switch (option)
        {
            case "bind":
                IsBind = true;
                break;
            case "rbind":
                IsBind = IsRecursiveBind = true;
                break;

            case "idmap" or "ridmap":
                MapsIds = true;
                IdMapRecursive = option == "ridmap";
                break;
            case "tmpcopyup":
                CopiesUp = true;
                break;
            case "src-nofollow":
                KeepsSourceLink = true;
                break;
            case "dest-nofollow":
                KeepsTargetLink = true;
                break;
            case "copy-symlink":
                CopiesLink = true;
                break;
            case "rnostrictatime":
                RecursiveSet &= ~Libc.MOUNT_ATTR_STRICTATIME;
                break;

            // Words of mount(8) without an effect of their own on a new mount.
            case "" or "defaults" or "auto" or "noauto" or "user" or "nouser" or "users" or "_netdev" or "nofail" or "remount" or "rnorelatime":
                break;
            case "loud" or "silent" or "async" or "iversion" or "noiversion" or "nomand" or "nolazytime":
                speaks = true;
                break;
            default:
                speaks |= IsKernels(option);
                Parameters.Add(option);
                break;
        }
    }

    /// <summary>A parameter that the kernel takes for every file system.</summary>
    internal static bool IsKernels(string parameter) => parameter is "sync" or "dirsync" or "mand" or "lazytime";

    private bool AddAttribute(string option)
    {
        var (name, clears) = FlagOf(option);
        if (name != 0)
        {
            named = clears ? named & ~name : named | name;
            cleared = clears ? cleared | name : cleared & ~name;
            return speaks = true;
        }

        var recursive = option.Length > 2 && option[0] == 'r' && option is not ("relatime" or "ro" or "rw" or "remount" or "rbind")
            && AttributeOf(option[1..]) != (0, 0);
        var (set, clear) = AttributeOf(recursive ? option[1..] : option);
        if ((set | clear) == 0)
        {
            return false;
        }

        // The later option wins over the earlier one that it contradicts.
        RecursiveSet = (RecursiveSet & ~clear) | set;
        RecursiveClear = Contradict(RecursiveClear, set) | clear;
        return true;
    }

    /// <summary>What a word says of the mount itself, and whether it says no to it.</summary>
    private static (ulong Flag, bool Clears) FlagOf(string option) => option switch
    {
        "noatime" => (NoAtime, false),
        "atime" => (NoAtime, true),
        "relatime" => (RelAtime, false),
        "norelatime" => (RelAtime, true),
        "strictatime" => (StrictAtime, false),
        "nostrictatime" => (StrictAtime, true),
        "nodiratime" => (NoDirAtime, false),
        "diratime" => (NoDirAtime, true),
        _ => AttributeOf(option) is var (set, clear) && set != 0 ? (set, false) : (clear, true),
    };

    /// <summary>Which of several modes holds: as in mount(2), strictatime before noatime before relatime, the default.</summary>
    private static ulong AccessTimeOf(ulong flags) => (flags & StrictAtime) != 0 ? Libc.MOUNT_ATTR_STRICTATIME
        : (flags & NoAtime) != 0 ? Libc.MOUNT_ATTR_NOATIME : Libc.MOUNT_ATTR_RELATIME;

    /// <summary>mount_setattr(2) wants the whole access time field cleared when one of its values is set.</summary>
    private static ulong Contradict(ulong clear, ulong set) => clear & ~(set & ~Libc.MOUNT_ATTR_ATIME_MASK);

    private static (ulong Set, ulong Clear) AttributeOf(string option) => option switch
    {
        "ro" => (Libc.MOUNT_ATTR_RDONLY, 0),
        "rw" => (0, Libc.MOUNT_ATTR_RDONLY),
        "nosuid" => (Libc.MOUNT_ATTR_NOSUID, 0),
        "suid" => (0, Libc.MOUNT_ATTR_NOSUID),
        "nodev" => (Libc.MOUNT_ATTR_NODEV, 0),
        "dev" => (0, Libc.MOUNT_ATTR_NODEV),
        "noexec" => (Libc.MOUNT_ATTR_NOEXEC, 0),
        "exec" => (0, Libc.MOUNT_ATTR_NOEXEC),
        "nodiratime" => (Libc.MOUNT_ATTR_NODIRATIME, 0),
        "diratime" => (0, Libc.MOUNT_ATTR_NODIRATIME),
        "nosymfollow" => (Libc.MOUNT_ATTR_NOSYMFOLLOW, 0),
        "symfollow" => (0, Libc.MOUNT_ATTR_NOSYMFOLLOW),

        // The three access time modes are one field of the mask: setting one clears the field first.
        "noatime" => (Libc.MOUNT_ATTR_NOATIME, Libc.MOUNT_ATTR_ATIME_MASK),
        "strictatime" => (Libc.MOUNT_ATTR_STRICTATIME, Libc.MOUNT_ATTR_ATIME_MASK),
        "relatime" or "atime" => (Libc.MOUNT_ATTR_RELATIME, Libc.MOUNT_ATTR_ATIME_MASK),
        _ => (0, 0),
    };

    private bool AddPropagation(string option)
    {
        var recursive = option.StartsWith('r');
        var propagation = (recursive ? option.AsSpan(1) : option) switch
        {
            "shared" => Libc.MS_SHARED,
            "slave" => Libc.MS_SLAVE,
            "private" => Libc.MS_PRIVATE,
            "unbindable" => Libc.MS_UNBINDABLE,
            _ => 0UL,
        };
        if (propagation == 0)
        {
            return false;
        }

        Propagation = propagation;
        PropagationRecursive = recursive;
        return true;
    }
}
