using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Host;

/// <summary>
/// 65,536 ids of the host that a pod with a user namespace has for its own: no other pod has them, and no account of the host should
/// (see subuid(5)). The lease is a symlink in a folder that a reboot empties. It is made in one step, its name is the range's number, and it leads to
/// the owner's name.
/// </summary>
public sealed record IdRange(uint First)
{
    public const uint Size = 65536;

    /// <summary>Below are accounts, their subordinate ids and systemd's ranges; above, an id would be negative to programs that take it for an int.</summary>
    internal const uint Lowest = 1 << 30;

    private const int Ranges = (int)((0x80000000 - Lowest) / Size);
    private const uint PrivateFolder = 0x1c0; // 0700
    private const uint PrivateFile = 0x180; // 0600

    /// <summary>The owner's range, taken now if it has none.</summary>
    /// <param name="owner">Its <see cref="OwnerName"/>.</param>
    /// <param name="note">A file of the owner's where the range's number is written down: without it the lease is searched for.</param>
    /// <exception cref="HostException">All ranges are taken.</exception>
    public static IdRange Take(string owner, string note)
    {
        if (Find(owner, note) is { } had)
        {
            return had;
        }

        FileSystem.MakeDirectories(HostState.Ids, PrivateFolder);
        using var held = FileLock.AcquireDirectory(HostState.Ids);

        // The search begins at a place of the owner's own, so that a range does not go from one pod to the next at once.
        var start = (int)(Hash(owner) % (uint)Ranges);
        for (var i = 0; i < Ranges; i++)
        {
            var number = ((start + i) % Ranges).ToString(CultureInfo.InvariantCulture);
            if (Libc.symlinkat(owner, Libc.AT_FDCWD, $"{HostState.Ids}/{number}") == 0)
            {
                using var folder = FileSystem.OpenDirectory(Path.GetDirectoryName(note)!);
                FileSystem.Replace(folder, Path.GetFileName(note), Encoding.ASCII.GetBytes(number), PrivateFile);
                return Numbered(number);
            }

            if (KernelException.Last("symlink", HostState.Ids) is { Error: not Errno.EEXIST } error)
            {
                throw error;
            }
        }

        throw new HostException($"all {Ranges} ranges of ids are taken; see {HostState.Ids}");
    }

    /// <summary>The owner's range, or null when it has none.</summary>
    /// <inheritdoc cref="Take"/>
    public static IdRange? Find(string owner, string note) => NumberOf(owner, note) is { } number ? Numbered(number) : null;

    /// <summary>Gives the range back. Nothing there is no error.</summary>
    /// <inheritdoc cref="Take"/>
    public static void Release(string owner, string note)
    {
        // A pod that was killed between the lease and the note has none.
        if ((NumberOf(owner, note) ?? Search(owner)) is { } number)
        {
            FileSystem.RemoveFile($"{HostState.Ids}/{number}");
        }
    }

    private static IdRange Numbered(string number) => new(Lowest + (uint.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture) * Size));

    /// <summary>By the note, or, when that is damaged, by the lease itself.</summary>
    private static string? NumberOf(string owner, string note)
    {
        try
        {
            return FileSystem.TryReadText(note) is not { } text ? null : IsLease(owner, text) ? text : Search(owner);
        }
        catch (KernelException e) when (e.IsDamage)
        {
            return Search(owner);
        }
    }

    private static string? Search(string owner) =>
        FileSystem.TryStat(HostState.Ids) is { IsDirectory: true } ? FileSystem.List(HostState.Ids).Find(name => IsLease(owner, name)) : null;

    private static bool IsLease(string owner, string name)
    {
        if (!uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= Ranges)
        {
            return false;
        }

        try
        {
            return FileSystem.ReadLink($"{HostState.Ids}/{name}") == owner;
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR || e.IsDamage)
        {
            return false;
        }
    }

    /// <summary>FNV-1a.</summary>
    private static uint Hash(string text)
    {
        var hash = 2166136261;
        foreach (var character in text)
        {
            hash = (hash ^ character) * 16777619;
        }

        return hash;
    }
}
