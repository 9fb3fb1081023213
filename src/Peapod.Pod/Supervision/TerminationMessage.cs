using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Shim.Logs;
using Peapod.Workload;

namespace Peapod.Pod.Supervision;

/// <summary>A container's last words: a file that each run finds empty at terminationMessagePath, and the end of its log instead where that is wanted.</summary>
internal static class TerminationMessage
{
    private const string DefaultPath = "/dev/termination-log";

    /// <summary>Bytes of the file that count.</summary>
    private const int LongestMessage = 4096;

    /// <summary>Bytes of the messages of all containers of a pod together: each may have its part of them.</summary>
    private const int LongestOfPod = 12 << 10;

    private const int LongestLog = 2048;
    private const int MostLogLines = 80;

    /// <summary>Makes the file for a new run, which any user of the container's may write.</summary>
    /// <returns>The mount of it; null where a volume is mounted already.</returns>
    internal static Mount? Prepare(PodFolders folders, ContainerSpec container)
    {
        var target = container.TerminationMessagePath is { Length: > 0 } path ? path.StartsWith('/') ? path : $"/{path}" : DefaultPath;
        foreach (var mount in container.VolumeMounts)
        {
            if (mount.MountPath == target)
            {
                return null;
            }
        }

        var file = folders.TerminationMessageOf(container.Name);
        FileSystem.RemoveFile(file);
        using var made = FileSystem.Open(file, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0x1b6);
        KernelException.Check(Libc.fchmod(made.Number, 0x1b6), "fchmod", file);
        return SpecCompiler.Bind(file, target, "nosuid", "nodev", "noexec");
    }

    /// <summary>What a run that has ended has left; null for nothing.</summary>
    /// <param name="folders">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="run">The number of its run.</param>
    /// <param name="failed">It has not ended with 0.</param>
    /// <param name="containers">How many containers the pod has.</param>
    internal static string? Read(PodFolders folders, ContainerSpec container, int run, bool failed, int containers) =>
        Read(folders, container, run, failed) is { } message ? Cut(message, LongestOfPod / Math.Max(1, containers)) : null;

    /// <summary>As much of a text as has that many bytes in UTF-8, and no part of a character.</summary>
    internal static string Cut(string text, int bytes)
    {
        var used = 0;
        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > bytes)
            {
                return text[..end];
            }

            end += rune.Utf16SequenceLength;
        }

        return text;
    }

    private static string? Read(PodFolders folders, ContainerSpec container, int run, bool failed)
    {
        try
        {
            if (FileSystem.TryStat(folders.TerminationMessageOf(container.Name), followSymlinks: false) is { Type: Libc.S_IFREG })
            {
                using var file = FileSystem.Open(folders.TerminationMessageOf(container.Name), Libc.O_RDONLY | Libc.O_NOFOLLOW);
                Span<byte> text = stackalloc byte[LongestMessage];
                var count = FileSystem.Read(file, text);
                if (count > 0)
                {
                    return Encoding.UTF8.GetString(text[..count]);
                }
            }

            return failed && container.TerminationMessagePolicy == TerminationMessagePolicy.FallbackToLogsOnError ? EndOfLog(folders, container, run) : null;
        }
        catch (KernelException e)
        {
            return $"Error on reading termination message: {e.Message}";
        }
    }

    private static string? EndOfLog(PodFolders folders, ContainerSpec container, int run)
    {
        using var reader = LogReader.Open(folders.LogsOf(container.Name), run, new LogOptions { Tail = MostLogLines });
        var text = new List<byte>();
        reader.Read((_, line) => text.AddRange(line.Span));
        return text.Count == 0 ? null : Encoding.UTF8.GetString([.. text.Skip(Math.Max(0, text.Count - LongestLog))]);
    }
}
