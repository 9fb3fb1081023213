using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Shim.Logs;

namespace Peapod.Pod.Logs;

/// <summary>Finds the log of a pod's container.</summary>
public static class ContainerLog
{
    /// <summary>The log of a container's present run, or its last; null when it has none (yet), or had no run before that.</summary>
    public static LogReader? TryOpen(PodFolders folders, string container, LogOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folders);
        var wanted = options ?? new();
        var files = LogFiles.List(folders.LogsOf(container));
        if (files.Count == 0)
        {
            return null;
        }

        var run = files[^1].Run;
        if (wanted.Previous)
        {
            run = PreviousRun(folders, container, run);
            if (!files.Exists(file => file.Run == run))
            {
                return null;
            }
        }

        return LogReader.Open(folders.LogsOf(container), run, wanted);
    }

    /// <summary>A container that waits to be started again has no present run: the run before is its last.</summary>
    private static int PreviousRun(PodFolders folders, string container, int last)
    {
        foreach (var status in StatusFile.TryRead(folders) is { } pod ? [.. pod.InitContainerStatuses, .. pod.ContainerStatuses, .. pod.EphemeralContainerStatuses] : (IReadOnlyList<ContainerStatus>)[])
        {
            if (status.Name == container)
            {
                return status.State.Waiting is not null ? status.RestartCount : status.RestartCount - 1;
            }
        }

        return last - 1;
    }
}
