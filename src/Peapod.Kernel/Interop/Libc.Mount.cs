using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Peapod.Kernel.Interop;

public static unsafe partial class Libc
{
    public const uint OPEN_TREE_CLONE = 1;
    public const uint OPEN_TREE_CLOEXEC = 0x80000;
    public const uint FSOPEN_CLOEXEC = 1;
    public const uint FSMOUNT_CLOEXEC = 1;
    public const uint FSCONFIG_SET_FLAG = 0;
    public const uint FSCONFIG_SET_STRING = 1;
    public const uint FSCONFIG_SET_FD = 5;
    public const uint FSCONFIG_CMD_CREATE = 6;
    public const uint MOVE_MOUNT_F_EMPTY_PATH = 0x04;

    public const ulong MOUNT_ATTR_RDONLY = 0x01;
    public const ulong MOUNT_ATTR_NOSUID = 0x02;
    public const ulong MOUNT_ATTR_NODEV = 0x04;
    public const ulong MOUNT_ATTR_NOEXEC = 0x08;
    public const ulong MOUNT_ATTR_ATIME_MASK = 0x70;
    public const ulong MOUNT_ATTR_RELATIME = 0x00;
    public const ulong MOUNT_ATTR_NOATIME = 0x10;
    public const ulong MOUNT_ATTR_STRICTATIME = 0x20;
    public const ulong MOUNT_ATTR_NODIRATIME = 0x80;
    public const ulong MOUNT_ATTR_IDMAP = 0x100000;
    public const ulong MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    // Constants, unlike Tmds.LibC's, because the tests' attributes want them.
    public const ulong MS_REC = 0x4000;
    public const ulong MS_UNBINDABLE = 1 << 17;
    public const ulong MS_PRIVATE = 1 << 18;
    public const ulong MS_SLAVE = 1 << 19;
    public const ulong MS_SHARED = 1 << 20;

    public static int MNT_DETACH => LibC.MNT_DETACH;
    public static int UMOUNT_NOFOLLOW => LibC.UMOUNT_NOFOLLOW;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open_tree(int dirfd, string path, uint flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int fsopen(string type, uint flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int fsconfig(int fd, uint command, string? key, string? value, int aux);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsmount(int fd, uint flags, uint attributes);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int move_mount(int fromDirfd, string fromPath, int toDirfd, string toPath, uint flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mount_setattr(int dirfd, string path, uint flags, in MountAttr attributes, nuint size);

    public static int mount(string? source, string target, string? type, ulong flags, string? data)
    {
        using var sourceText = new CString(source, stackalloc byte[CString.StackBytes]);
        using var targetText = new CString(target, stackalloc byte[CString.StackBytes]);
        using var typeText = new CString(type, stackalloc byte[CString.StackBytes]);
        using var dataText = new CString(data, stackalloc byte[CString.StackBytes]);
        return LibC.mount(sourceText, targetText, typeText, (ulong_t)flags, dataText);
    }

    public static int umount2(string target, int flags)
    {
        using var targetText = new CString(target, stackalloc byte[CString.StackBytes]);
        return LibC.umount2(targetText, flags);
    }
}

/// <summary>struct mount_attr of mount_setattr(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MountAttr
{
    public ulong Set;
    public ulong Clear;
    public ulong Propagation;
    public ulong UsernsFd;
}
