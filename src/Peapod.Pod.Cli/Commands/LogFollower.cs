using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Pod.Layout;
using Peapod.Pod.Logs;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary>Prints a container's log, each stream to its own; with follow, until the container has ended for good.</summary>
internal static class LogFollower
{
    private static readonly SafeFd StandardOutput = SafeFd.Borrow(1);
    private static readonly SafeFd StandardError = SafeFd.Borrow(2);

    internal static void Follow(PodFolders folders, string container, bool follow)
    {
        using var log = LogReader.TryOpen(folders.LogOf(container));
        while (true)
        {
            // The order matters: what was written before the end is read after it was seen.
            var over = !follow || HasEnded(folders, container);
            log?.Read(static (stream, text) => FileSystem.Write(stream == "stderr" ? StandardError : StandardOutput, text.Span, stream));
            if (over)
            {
                return;
            }

            Thread.Sleep(20);
        }
    }

    private static bool HasEnded(PodFolders folders, string container) =>
        !SupervisorProcess.TakeOver(folders) || StatusFile.TryRead(folders) is not { Phase: PodPhase.Running or PodPhase.Pending } status || !status.ContainerStatuses.Any(state => state.Name == container);
}
