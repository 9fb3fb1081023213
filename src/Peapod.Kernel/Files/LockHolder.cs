using System.Globalization;
using System.Text;

namespace Peapod.Kernel.Files;

/// <summary>Finds out who holds a lock, for a sentence. fcntl(2) does not tell of an open file description's lock; /proc/PID/fdinfo does.</summary>
internal static class LockHolder
{
    private const int LongestCommand = 200;

    /// <param name="path">The locked file.</param>
    /// <param name="inode">Its inode.</param>
    internal static string Describe(string path, ulong inode)
    {
        var name = path[path.LastIndexOf('/')..];
        foreach (var process in FileSystem.List("/proc"))
        {
            if (char.IsAsciiDigit(process[0]) && Holds(process, name, inode))
            {
                return $"process {process} ({CommandOf(process)})";
            }
        }

        return "a process that cannot be seen from here";
    }

    private static bool Holds(string process, string name, ulong inode)
    {
        try
        {
            return FileSystem.List($"/proc/{process}/fd").Exists(fd => IsLock($"/proc/{process}", fd, name, inode));
        }
        catch (KernelException)
        {
            // It has ended.
            return false;
        }
    }

    private static bool IsLock(string process, string fd, string name, ulong inode)
    {
        try
        {
            return FileSystem.ReadLink($"{process}/fd/{fd}").EndsWith(name, StringComparison.Ordinal)
                && FileSystem.TryReadText($"{process}/fdinfo/{fd}") is { } info
                && info.IndexOf("lock:", StringComparison.Ordinal) is >= 0 and var locks
                && info.IndexOf(string.Create(CultureInfo.InvariantCulture, $":{inode} "), locks, StringComparison.Ordinal) >= 0;
        }
        catch (KernelException)
        {
            // It has closed that descriptor, and perhaps only that one.
            return false;
        }
    }

    private static string CommandOf(string process)
    {
        var text = new StringBuilder();
        foreach (var character in FileSystem.TryReadText($"/proc/{process}/cmdline") ?? "")
        {
            text.Append(char.IsControl(character) ? ' ' : character);
        }

        var line = text.ToString().TrimEnd();
        return line.Length > LongestCommand ? line[..LongestCommand] + "..." : line;
    }
}
