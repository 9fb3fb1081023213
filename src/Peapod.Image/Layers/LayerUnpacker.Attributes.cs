using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;
using Tmds.Linux;

namespace Peapod.Image.Layers;

/// <content>Owners, modes, extended attributes and times of what is unpacked.</content>
internal sealed unsafe partial class LayerUnpacker
{
    private static readonly byte[] OpaqueAttribute = "trusted.overlay.opaque\0"u8.ToArray();

    private readonly List<(byte[] Path, long Seconds, long Nanoseconds)> directoryTimes = [];

    /// <summary>For what is open: owner first (chown clears set-user-id and capabilities), then mode, then extended attributes.</summary>
    private void SetAttributes(SafeFd file, TarEntry entry)
    {
        KernelException.Check(Libc.fchown(file.Number, entry.Uid, entry.Gid), "fchown");
        KernelException.Check(Libc.fchmod(file.Number, entry.Mode), "fchmod");
        foreach (var (name, value) in entry.ExtendedAttributes)
        {
            if (IsWelcome(name))
            {
                fixed (byte* key = EntryName.NullTerminated(name), data = value)
                {
                    CheckAttribute(Libc.fsetxattr(file.Number, key, data, (nuint)value.Length, 0), entry, name);
                }
            }
        }
    }

    /// <summary>For what must not be opened: symlinks, devices, fifos.</summary>
    private void SetAttributes(SafeFd directory, byte[] name, TarEntry entry)
    {
        fixed (byte* pointer = name)
        {
            KernelException.Check(Libc.fchownat(directory.Number, pointer, entry.Uid, entry.Gid, Libc.AT_SYMLINK_NOFOLLOW), "fchown");
            if (entry.Type != TarType.SymbolicLink)
            {
                KernelException.Check(Libc.fchmodat(directory.Number, pointer, entry.Mode, Libc.AT_SYMLINK_NOFOLLOW), "fchmod");
            }

            foreach (var (attribute, value) in entry.ExtendedAttributes)
            {
                // Linux lets none but trusted and security attributes be set on these.
                if (IsWelcome(attribute) && attribute.AsSpan().StartsWith("security."u8))
                {
                    byte[] path = [.. System.Text.Encoding.ASCII.GetBytes($"/proc/self/fd/{directory.Number}/"), .. name];
                    fixed (byte* key = EntryName.NullTerminated(attribute), data = value, subjectPath = path)
                    {
                        CheckAttribute(Libc.lsetxattr(subjectPath, key, data, (nuint)value.Length, 0), entry, attribute);
                    }
                }
            }

            var times = stackalloc timespec[2];
            SetTimes(times, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
            KernelException.Check(Libc.utimensat(directory.Number, pointer, times, Libc.AT_SYMLINK_NOFOLLOW), "utimensat");
        }
    }

    /// <summary>Not the host's labels, and above all not overlayfs's own marks, with which an archive could redirect a look-up.</summary>
    private static bool IsWelcome(ReadOnlySpan<byte> name) => name.SequenceEqual("security.capability"u8)
        || name.SequenceEqual("system.posix_acl_access"u8) || name.SequenceEqual("system.posix_acl_default"u8)
        || (name.StartsWith("user."u8) && !name.StartsWith("user.overlay."u8));

    private void CheckAttribute(int result, TarEntry entry, ReadOnlySpan<byte> name)
    {
        if (result == 0)
        {
            return;
        }

        var error = KernelException.Last("setxattr");
        if (error.Error != Errno.EOPNOTSUPP || name.StartsWith("security."u8))
        {
            throw new ImageException($"{subject}: cannot set {Printable.Short(name)} on \"{Printable.Short(entry.Name)}\": {KernelException.Describe(error.Error)}", error);
        }
    }

    private static void SetOpaque(SafeFd directory)
    {
        fixed (byte* name = OpaqueAttribute)
        {
            var value = (byte)'y';
            KernelException.Check(Libc.fsetxattr(directory.Number, name, &value, 1, 0), "setxattr trusted.overlay.opaque");
        }
    }

    private static void SetTimes(timespec* times, long seconds, long nanoseconds)
    {
        // What no file system can keep (beyond the year 2446, or before 1901) becomes the epoch.
        var keepable = seconds is >= int.MinValue and < 15_032_385_536;
        times[0] = new() { tv_nsec = Libc.UTIME_OMIT };
        times[1] = keepable ? new() { tv_sec = seconds, tv_nsec = (long_t)nanoseconds } : default;
    }

    private void RememberTime(byte[] path, TarEntry entry)
    {
        directoryTimes.Add((path, entry.ModifiedSeconds, entry.ModifiedNanoseconds));
        rememberedNames += path.Length + 1;
        if (rememberedNames > RememberedNames)
        {
            SetDirectoryTimes();
        }
    }

    /// <summary>After everything, since each entry made in a directory changes its time.</summary>
    private void SetDirectoryTimes()
    {
        foreach (var (path, seconds, nanoseconds) in directoryTimes)
        {
            SetDirectoryTime(path, seconds, nanoseconds);
        }

        directoryTimes.Clear();
        rememberedNames = 0;
    }

    /// <summary>One that was replaced meanwhile is passed over.</summary>
    private void SetDirectoryTime(byte[] path, long seconds, long nanoseconds)
    {
        using var directory = OpenInRoot(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (directory is not null)
        {
            var times = stackalloc timespec[2];
            SetTimes(times, seconds, nanoseconds);
            KernelException.Check(Libc.futimens(directory.Number, times), "futimens");
        }
    }
}
