using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Layout;
using Peapod.Pod.Logs;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;
using Peapod.Shim.Logs;

namespace Peapod.Pod.Cli.Logs;

/// <summary>Prints containers' logs, to standard output as kubectl does; with follow, until the containers have ended for good.</summary>
internal sealed class LogFollower : IDisposable
{
    /// <summary>Milliseconds between two looks at the files.</summary>
    private const int Pause = 20;

    private static readonly SafeFd StandardOutput = SafeFd.Borrow(1);
    private static readonly SafeFd StandardError = SafeFd.Borrow(2);

    private readonly LogSource source;
    private readonly LogOptions options;
    private readonly byte[] prefix;
    private readonly bool separates;
    private LogReader? log;
    private readonly HashSet<string> inLine = [];

    private LogFollower(LogSource source, LogOptions options, bool separates = false)
    {
        this.separates = separates;
        this.source = source;
        this.options = options;
        log = ContainerLog.TryOpen(source.Folders, source.Container, options);
        prefix = source.HasPrefix ? Encoding.UTF8.GetBytes($"[pod/{source.Folders.Name}/{source.Container}] ") : [];
    }

    /// <summary>One container, each stream to its own, from its log's beginning or, for who comes later, from now on.</summary>
    internal static LogFollower Open(PodFolders folders, string container, bool fromNow) => new(new LogSource(folders, container, HasPrefix: false), new LogOptions { Tail = fromNow ? 0 : null }, separates: true);

    internal static void Print(IReadOnlyList<LogSource> sources, LogOptions options, bool follow)
    {
        var followers = new List<LogFollower>();
        foreach (var source in sources)
        {
            followers.Add(new LogFollower(source, options));
        }

        Print(followers, follow);
    }

    /// <summary>Prints what there is; with follow, until all have ended.</summary>
    internal static void Print(List<LogFollower> followers, bool follow)
    {
        try
        {
            while (true)
            {
                followers.RemoveAll(follower => follower.Step(follow));
                if (followers.Count == 0)
                {
                    return;
                }

                Thread.Sleep(Pause);
            }
        }
        finally
        {
            followers.ForEach(static follower => follower.Dispose());
        }
    }

    public void Dispose() => log?.Dispose();

    /// <returns>True when there is nothing more to come.</returns>
    private bool Step(bool follow)
    {
        // The order matters: what was written before the end is read after it was seen.
        var over = !follow || HasEnded(source.Folders, source.Container);

        // What was not there in the beginning is all new.
        log ??= ContainerLog.TryOpen(source.Folders, source.Container, options with { Tail = null });
        log?.Read(Write);
        if (over)
        {
            Dispose();
        }

        return over;
    }

    private void Write(string stream, ReadOnlyMemory<byte> text)
    {
        var output = separates && stream == "stderr" ? StandardError : StandardOutput;
        if (prefix.Length > 0 && !inLine.Contains(stream))
        {
            FileSystem.Write(output, prefix, DescriptorWriter.StandardOutput);
        }

        if (text.Span.EndsWith("\n"u8))
        {
            inLine.Remove(stream);
        }
        else
        {
            inLine.Add(stream);
        }

        FileSystem.Write(output, text.Span, DescriptorWriter.StandardOutput);
    }

    private static bool HasEnded(PodFolders folders, string container)
    {
        if (!SupervisorProcess.TakeOver(folders) || StatusFile.TryRead(folders) is not { Phase: PodPhase.Running or PodPhase.Pending } status)
        {
            return true;
        }

        // One that was added to look, or that prepares, is not started again once it has ended.
        foreach (var known in status.EphemeralContainerStatuses)
        {
            if (known.Name == container)
            {
                return known.State.Terminated is not null;
            }
        }

        foreach (var known in status.InitContainerStatuses)
        {
            if (known.Name == container)
            {
                return known.State.Terminated is { ExitCode: 0 };
            }
        }

        return false;
    }
}
