using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Seccomp;

/// <summary>Compiled filters in a folder that a reboot empties. A file holds what it was compiled from, so that a name which two profiles share does no harm.</summary>
/// <param name="folder">Made when something is kept for the first time.</param>
/// <param name="compile">Compiles what is not there.</param>
internal sealed class SeccompCache(string folder, Func<LinuxSeccomp, SeccompFilter> compile)
{
    /// <summary>More profiles than this on one host are compiled again now and then.</summary>
    internal const int Most = 32;

    private const uint OthersWrite = 0x12; // 0022
    private const uint FolderMode = 0x1c0; // 0700
    private const uint FileMode = 0x180; // 0600
    private const int FlagsSize = sizeof(ulong);
    private const int LengthSize = sizeof(int);
    private const int HeaderSize = FlagsSize + LengthSize + sizeof(ulong);

    /// <summary>The profile's filter, compiled by this very executable: now, or for an earlier container.</summary>
    internal SeccompFilter Get(LinuxSeccomp seccomp)
    {
        var executable = Executable();
        var profile = seccomp.ToJson();
        var name = Name(executable, profile);
        if (TryRead($"{folder}/{name}", executable, profile) is { } kept)
        {
            return kept;
        }

        var filter = compile(seccomp);
        MakeFolder();
        MakeRoom();
        if (FileSystem.TryStat($"{folder}/{name}", followSymlinks: false) is { IsDirectory: true })
        {
            FileTree.Remove($"{folder}/{name}");
        }

        using var directory = FileSystem.OpenDirectory(folder);
        FileSystem.Replace(directory, name, Encode(filter, executable, profile), FileMode);
        return filter;
    }

    /// <summary>The files that no command of this executable will read: of another version of it, or written half by a process that has ended.</summary>
    internal IEnumerable<(string File, string Why)> Stale()
    {
        if (FileSystem.TryStat(folder) is not { IsDirectory: true })
        {
            yield break;
        }

        var executable = Executable();
        foreach (var name in FileSystem.List(folder))
        {
            var file = $"{folder}/{name}";
            if (name.StartsWith('.'))
            {
                if (name.Split('.') is [_, _, var pid, _] && FileSystem.TryStat($"/proc/{pid}") is null)
                {
                    yield return (file, "its writer was killed");
                }
            }
            else if (TryRead(file) is not { } content)
            {
                yield return (file, "it is damaged");
            }
            else if (!IsOf(executable, content))
            {
                yield return (file, "another version of peapod compiled it");
            }
        }
    }

    /// <summary>Makes the folder, in place of anything that is none too.</summary>
    private void MakeFolder()
    {
        if (FileSystem.TryStat(folder) is { IsDirectory: false })
        {
            FileTree.Remove(folder);
        }

        FileSystem.MakeDirectories(folder, FolderMode);
    }

    private static bool IsOf(ReadOnlySpan<byte> executable, byte[] content) =>
        content.Length > HeaderSize
        && BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(FlagsSize)) is >= 0 and var length
        && HeaderSize + length <= content.Length && content.AsSpan(HeaderSize + length).StartsWith(executable);

    private static SeccompFilter? TryRead(string path, ReadOnlySpan<byte> executable, ReadOnlySpan<byte> profile)
    {
        if (TryRead(path) is not { Length: > HeaderSize } content)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(FlagsSize));
        if (length < 0 || content.Length - HeaderSize - executable.Length - profile.Length != length)
        {
            return null;
        }

        var end = HeaderSize + length;
        return content.AsSpan(end).StartsWith(executable) && content.AsSpan(end + executable.Length).SequenceEqual(profile)
            && BinaryPrimitives.ReadUInt64LittleEndian(content.AsSpan(FlagsSize + LengthSize)) == Sum(content)
            ? new SeccompFilter(content.AsMemory(HeaderSize..end), BinaryPrimitives.ReadUInt64LittleEndian(content))
            : null;
    }

    /// <summary>
    /// By its size, which does not change once it has this name: a supervisor, which stays, is spared the larger buffers of a file without one.
    /// Null for what is no filter at all: it is compiled again.
    /// </summary>
    private static byte[]? TryRead(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            var error = KernelException.Last("open", path);
            return error.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP || error.IsDamage ? null : throw error;
        }

        // What another user could have written might be a filter that lets everything through.
        using var file = new SafeFd(fd);
        var stat = FileSystem.Stat(file, path);
        if (stat.Type != Libc.S_IFREG || stat.Uid != Libc.geteuid() || (stat.Mode & OthersWrite) != 0 || stat.Size > FileSystem.MostRead)
        {
            return null;
        }

        var content = new byte[stat.Size];
        var used = 0;
        while (used < content.Length && FileSystem.Read(file, content.AsSpan(used), path) is > 0 and var count)
        {
            used += count;
        }

        return used == content.Length ? content : null;
    }

    /// <summary>Flags, the program's length, a sum over all but itself, the program, and what it was compiled from.</summary>
    private static byte[] Encode(SeccompFilter filter, ReadOnlySpan<byte> executable, ReadOnlySpan<byte> profile)
    {
        var content = new byte[HeaderSize + filter.Program.Length + executable.Length + profile.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(content, filter.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(FlagsSize), filter.Program.Length);
        filter.Program.Span.CopyTo(content.AsSpan(HeaderSize));
        executable.CopyTo(content.AsSpan(HeaderSize + filter.Program.Length));
        profile.CopyTo(content.AsSpan(HeaderSize + filter.Program.Length + executable.Length));
        BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan(FlagsSize + LengthSize), Sum(content));
        return content;
    }

    /// <summary>Removes the one that was written first, when there are too many.</summary>
    private void MakeRoom()
    {
        var names = FileSystem.List(folder);
        if (names.Count < Most)
        {
            return;
        }

        var (oldest, time) = ("", long.MaxValue);
        foreach (var name in names)
        {
            if (FileSystem.TryStat($"{folder}/{name}", followSymlinks: false) is { } stat && stat.ModifyTime.Seconds < time)
            {
                (oldest, time) = (name, stat.ModifyTime.Seconds);
            }
        }

        FileTree.Remove($"{folder}/{oldest}");
    }

    /// <summary>What tells this executable from another version of it, which may compile the same profile otherwise.</summary>
    private static byte[] Executable()
    {
        var stat = FileSystem.TryStat("/proc/self/exe")!.Value;
        return MemoryMarshal.AsBytes<long>([stat.DevMajor, stat.DevMinor, (long)stat.Inode, stat.ModifyTime.Seconds, stat.ModifyTime.Nanoseconds, (long)stat.Size]).ToArray();
    }

    /// <summary>FNV-1a, 64 bits.</summary>
    private static string Name(ReadOnlySpan<byte> executable, ReadOnlySpan<byte> profile) =>
        Hash(Hash(14695981039346656037, executable), profile).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Tells a file that was damaged: the flags and the program are in no other way checked. Eight bytes at a time, as it costs each start.</summary>
    private static ulong Sum(ReadOnlySpan<byte> content)
    {
        var body = content[HeaderSize..];
        var sum = BinaryPrimitives.ReadUInt64LittleEndian(content) + (ulong)body.Length;
        while (body.Length >= sizeof(ulong))
        {
            sum = (BitOperations.RotateLeft(sum, 5) ^ BinaryPrimitives.ReadUInt64LittleEndian(body)) * 1099511628211;
            body = body[sizeof(ulong)..];
        }

        return Hash(sum, body);
    }

    private static ulong Hash(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * 1099511628211;
        }

        return hash;
    }
}
