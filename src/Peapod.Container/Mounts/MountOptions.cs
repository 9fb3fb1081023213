using Peapod.Kernel.Interop;

namespace Peapod.Container.Mounts;

/// <summary>
/// The options of one entry of <c>mounts</c>, sorted into what the mount API takes. mount(8), and the runtime-spec's
/// "Linux mount options"; what is none of those is handed to the file system.
/// </summary>
public sealed class MountOptions
{
    /// <summary>MOUNT_ATTR_* to set and to clear on the mount.</summary>
    public ulong Set { get; private set; }

    public ulong Clear { get; private set; }

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
            case "nostrictatime":
                Set &= ~Libc.MOUNT_ATTR_STRICTATIME;
                break;
            case "rnostrictatime":
                RecursiveSet &= ~Libc.MOUNT_ATTR_STRICTATIME;
                break;

            // Words of mount(8) without an effect of their own on a new mount.
            case "" or "defaults" or "auto" or "noauto" or "user" or "nouser" or "users" or "_netdev" or "nofail" or "remount"
                or "loud" or "silent" or "norelatime" or "rnorelatime" or "async" or "iversion" or "noiversion" or "nomand":
                break;
            default:
                Parameters.Add(option);
                break;
        }
    }

    private bool AddAttribute(string option)
    {
        var recursive = option.Length > 2 && option[0] == 'r' && option is not ("relatime" or "ro" or "rw" or "remount" or "rbind")
            && AttributeOf(option[1..]) != (0, 0);
        var (set, clear) = AttributeOf(recursive ? option[1..] : option);
        if ((set | clear) == 0)
        {
            return false;
        }

        // The later option wins over the earlier one that it contradicts.
        if (recursive)
        {
            RecursiveSet = (RecursiveSet & ~clear) | set;
            RecursiveClear = Contradict(RecursiveClear, set) | clear;
        }
        else
        {
            Set = (Set & ~clear) | set;
            Clear = Contradict(Clear, set) | clear;
        }

        return true;
    }

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
