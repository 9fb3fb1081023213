using System.Runtime.InteropServices;

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
    public const uint MOVE_MOUNT_T_EMPTY_PATH = 0x40;

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

    public const ulong MS_REC = 0x4000;
    public const ulong MS_UNBINDABLE = 1 << 17;
    public const ulong MS_PRIVATE = 1 << 18;
    public const ulong MS_SLAVE = 1 << 19;
    public const ulong MS_SHARED = 1 << 20;

    public const int MNT_DETACH = 2;
    public const int UMOUNT_NOFOLLOW = 8;

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

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int umount2(string target, int flags);
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
