using Peapod.Kernel.Interop;
using Peapod.Kernel.Namespaces;

namespace Peapod.Kernel.Mounts;

/// <summary>
/// A mount that is attached nowhere, held by its descriptor alone: it vanishes when that is closed. See open_tree(2), fsmount(2).
/// </summary>
public sealed unsafe class DetachedMount : SafeFd
{
    private DetachedMount(int fd)
        : base(fd)
    {
    }

    /// <summary>A bind mount of <paramref name="path"/>, with what is mounted below it when <paramref name="recursive"/>.</summary>
    /// <param name="path">What to mount.</param>
    /// <param name="recursive">With the mounts below.</param>
    /// <param name="follow">Of a path that ends in a symlink, what it leads to; otherwise the link itself.</param>
    public static DetachedMount Clone(string path, bool recursive, bool follow = true) =>
        Clone(Libc.AT_FDCWD, path, recursive, path, follow ? 0 : (uint)Libc.AT_SYMLINK_NOFOLLOW);

    /// <summary>A bind mount of what <paramref name="source"/> is open on.</summary>
    public static DetachedMount Clone(SafeFd source, bool recursive, string? subject = null) => Clone(source.Number, "", recursive, subject);

    /// <summary>A bind mount of <paramref name="path"/> as another mount namespace has it.</summary>
    /// <exception cref="KernelException">setns or open_tree refused.</exception>
    public static DetachedMount CloneIn(SafeFd mountNamespace, string path) => MountNamespace.Run(mountNamespace, () => Clone(path, recursive: false));

    private static DetachedMount Clone(int directory, string path, bool recursive, string? subject, uint more = 0)
    {
        var flags = Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC | more
            | (recursive ? (uint)Libc.AT_RECURSIVE : 0) | (path.Length == 0 ? (uint)Libc.AT_EMPTY_PATH : 0);
        return new(KernelException.Check(Libc.open_tree(directory, path, flags), "open_tree", subject));
    }

    /// <summary>A new file system of <paramref name="type"/>. fsopen(2), fsconfig(2), fsmount(2).</summary>
    /// <param name="type">As in /proc/filesystems.</param>
    /// <param name="source">Shown as the device in mountinfo, or null.</param>
    /// <param name="parameters">Key and value pairs; a null value sets a flag.</param>
    /// <param name="attributes">MOUNT_ATTR_* of the mount.</param>
    public static DetachedMount Create(string type, string? source, IReadOnlyList<KeyValuePair<string, string?>> parameters, ulong attributes)
    {
        using var context = Check(Libc.fsopen(type, Libc.FSOPEN_CLOEXEC), "fsopen", type);
        return Create(context, type, source, parameters, attributes);
    }

    /// <summary>A new proc file system that shows another PID namespace than this process's; since Linux 6.17.</summary>
    public static DetachedMount CreateProc(string? source, IReadOnlyList<KeyValuePair<string, string?>> parameters, ulong attributes, SafeFd pidNamespace)
    {
        using var context = Check(Libc.fsopen("proc", Libc.FSOPEN_CLOEXEC), "fsopen", "proc");
        if (Libc.fsconfig(context.Number, Libc.FSCONFIG_SET_FD, "pidns", null, pidNamespace.Number) != 0)
        {
            throw KernelException.Last("fsconfig", "pidns");
        }

        return Create(context, "proc", source, parameters, attributes);
    }

    private static DetachedMount Create(SafeFd context, string type, string? source, IReadOnlyList<KeyValuePair<string, string?>> parameters, ulong attributes)
    {
        if (source is not null)
        {
            Configure(context, Libc.FSCONFIG_SET_STRING, "source", source);
        }

        foreach (var (key, value) in parameters)
        {
            Configure(context, value is null ? Libc.FSCONFIG_SET_FLAG : Libc.FSCONFIG_SET_STRING, key, value);
        }

        Configure(context, Libc.FSCONFIG_CMD_CREATE, null, null);
        return new(KernelException.Check(Libc.fsmount(context.Number, Libc.FSMOUNT_CLOEXEC, (uint)attributes), "fsmount", type));
    }

    /// <summary>mount_setattr(2) on this mount, and on those below it when <paramref name="recursive"/>.</summary>
    public void SetAttributes(in MountAttr attributes, bool recursive, string? subject = null)
    {
        var flags = (uint)Libc.AT_EMPTY_PATH | (recursive ? (uint)Libc.AT_RECURSIVE : 0);
        KernelException.Check(Libc.mount_setattr(Number, "", flags, attributes, (nuint)sizeof(MountAttr)), "mount_setattr", subject);
    }

    /// <summary>Attaches the mount at <paramref name="target"/> of this mount namespace. move_mount(2).</summary>
    public void Attach(string target) =>
        KernelException.Check(Libc.move_mount(Number, "", Libc.AT_FDCWD, target, Libc.MOVE_MOUNT_F_EMPTY_PATH), "move_mount", target);

    private static void Configure(SafeFd context, uint command, string? key, string? value)
    {
        if (Libc.fsconfig(context.Number, command, key, value, 0) != 0)
        {
            throw KernelException.Last("fsconfig", value is null ? key : $"{key}={value}");
        }
    }
}
