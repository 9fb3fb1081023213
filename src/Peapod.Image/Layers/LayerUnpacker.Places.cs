using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;
using Tmds.Linux;

namespace Peapod.Image.Layers;

/// <content>Where entries go: by descriptors, never out of the layer and never through a link of an earlier entry.</content>
internal sealed unsafe partial class LayerUnpacker
{
    /// <summary>The directory an entry lies in; made, as root's and world-readable, where the archive has no entry for it.</summary>
    private SafeFd OpenParent(TarEntry entry, ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
        {
            return root;
        }

        if (parent is not null && path.SequenceEqual(parentPath))
        {
            return parent;
        }

        parent?.Dispose();
        parent = null;
        parentPath = null;
        parent = OpenInRoot(path, Libc.O_PATH | Libc.O_DIRECTORY) ?? MakeParents(entry, path);
        parentPath = path.ToArray();
        return parent;
    }

    private SafeFd MakeParents(TarEntry entry, ReadOnlySpan<byte> path)
    {
        var current = root.Duplicate();
        try
        {
            for (var end = 0; end < path.Length;)
            {
                var start = end == 0 ? 0 : end + 1;
                var slash = path[start..].IndexOf((byte)'/');
                end = slash < 0 ? path.Length : start + slash;
                var next = OpenInRoot(path[..end], Libc.O_PATH | Libc.O_DIRECTORY) ?? MakeParent(entry, current, EntryName.NullTerminated(path[start..end]));
                current.Dispose();
                current = next;
            }

            return current;
        }
        catch
        {
            current.Dispose();
            throw;
        }
    }

    private SafeFd MakeParent(TarEntry entry, SafeFd directory, byte[] name)
    {
        var found = Look(directory, name);
        if (found == Found.Whiteout)
        {
            RemoveExisting(directory, name);
        }
        else if (found != Found.Nothing)
        {
            throw Refuse(entry, $"\"{Printable.Short(name)}\" in its path is not a directory of the image");
        }

        fixed (byte* pointer = name)
        {
            KernelException.Check(Libc.mkdirat(directory.Number, pointer, ImpliedDirectoryMode), "mkdir");
        }

        using var made = OpenDirectory(directory, name);
        KernelException.Check(Libc.fchown(made.Number, 0, 0), "fchown");
        KernelException.Check(Libc.fchmod(made.Number, ImpliedDirectoryMode), "fchmod");
        if (found == Found.Whiteout)
        {
            SetOpaque(made);
        }

        return made.Duplicate();
    }

    /// <summary>Null when nothing is there, or something else than a directory, or a symlink that leads nowhere.</summary>
    private SafeFd? OpenInRoot(ReadOnlySpan<byte> path, int flags)
    {
        var how = new open_how
        {
            flags = (ulong)(flags | Libc.O_CLOEXEC),
            resolve = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS | Libc.RESOLVE_NO_XDEV,
        };
        fixed (byte* pointer = path.IsEmpty ? EntryName.NullTerminated("."u8) : EntryName.NullTerminated(path))
        {
            while (true)
            {
                var fd = Libc.openat2(root.Number, pointer, how);
                if (fd >= 0)
                {
                    return new SafeFd(fd);
                }

                var error = KernelException.Last("openat2");
                switch (error.Error)
                {
                    case Errno.EAGAIN:
                        continue;
                    case Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP:
                        return null;
                    default:
                        throw error;
                }
            }
        }
    }

    private static SafeFd OpenDirectory(SafeFd directory, byte[] name)
    {
        fixed (byte* pointer = name)
        {
            return SafeFd.Check(Libc.openat(directory.Number, pointer, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0), "open");
        }
    }

    private void RemoveExisting(SafeFd directory, byte[] name)
    {
        FileTree.Remove(directory, name, subject);

        // The remembered path may have led through what is gone now; its descriptor stays open for the caller, who may be using it.
        parentPath = null;
    }

    private static Found Look(SafeFd directory, byte[] name)
    {
        fixed (byte* pointer = name)
        {
            if (Libc.statx(directory.Number, pointer, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var status) == 0)
            {
                return status.IsDirectory ? Found.Directory
                    : status is { Type: Libc.S_IFCHR, RdevMajor: 0, RdevMinor: 0 } ? Found.Whiteout
                    : Found.Other;
            }

            var error = KernelException.Last("statx");
            return error.Error == Errno.ENOENT ? Found.Nothing : throw error;
        }
    }
}
