using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Container.Criu;

/// <summary>
/// The standard streams of a process as links of /proc/PID/fd, for whoever restores it: a pipe whose other end is outside of the container
/// becomes a stream of the restoring command. One between two of the container's processes is theirs, and goes by another name.
/// </summary>
internal static class ExternalPipes
{
    private const string Internal = "internal:";

    internal static string[] Of(int pid, IReadOnlyList<int> processes)
    {
        var links = new string[3];
        for (var fd = 0; fd < links.Length; fd++)
        {
            var link = TryReadLink($"/proc/{pid}/fd/{fd}") ?? "";
            links[fd] = CriuOptionsCompiler.IsPipe(link) && HasOtherEnd(link, IsWriter(pid, $"{fd}"), processes) ? Internal + link : link;
        }

        return links;
    }

    private static bool HasOtherEnd(string pipe, bool writes, IReadOnlyList<int> processes)
    {
        foreach (var pid in processes)
        {
            try
            {
                foreach (var fd in FileSystem.List($"/proc/{pid}/fd"))
                {
                    if (TryReadLink($"/proc/{pid}/fd/{fd}") == pipe && IsWriter(pid, fd) != writes)
                    {
                        return true;
                    }
                }
            }
            catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ESRCH)
            {
                // It has ended.
            }
        }

        return false;
    }

    /// <summary>proc(5): "flags:" in octal, whose last digit is the access mode, 0 for one that only reads.</summary>
    private static bool IsWriter(int pid, string fd)
    {
        foreach (var line in (FileSystem.TryReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fdinfo/{fd}")) ?? "").Split('\n'))
        {
            if (line.StartsWith("flags:", StringComparison.Ordinal))
            {
                return (line[^1] & 3) != 0;
            }
        }

        return false;
    }

    private static string? TryReadLink(string path)
    {
        try
        {
            return FileSystem.ReadLink(path);
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ESRCH)
        {
            return null;
        }
    }
}
