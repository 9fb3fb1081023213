using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Oci.Json;
using Peapod.Pod.Layout;
using Peapod.Shim.Logging;

namespace Peapod.Pod.Supervision.Control;

/// <summary>
/// wishes.json: what commands have asked for and is not done yet. Written before it is acted on, so that a supervisor that takes over goes on with
/// it, whether or not the command still waits. Times are milliseconds of the host's clock since boot, as the file is gone with the next.
/// </summary>
[JsonRecord]
internal sealed partial record PodWishes
{
    /// <summary>The pod is to be stopped: when its grace period is over. Null while nobody wants that.</summary>
    public long? StopBy { get; init; }

    /// <summary>Whatever runs is killed.</summary>
    public bool StopAtOnce { get; init; }

    /// <summary>Nothing of the pod is kept once it is stopped.</summary>
    public bool Remove { get; init; }

    /// <summary>Containers that are to be stopped and started again.</summary>
    public IReadOnlyList<RestartWish> Restarts { get; init; } = [];

    /// <exception cref="DamagedStateException">They cannot be read.</exception>
    internal static PodWishes TryRead(PodFolders folders) => StateFile.TryRead(folders.Wishes, static json => Parse(json), folders.Removal) ?? new();

    internal static PodWishes Read(PodFolders folders, ILogger log)
    {
        try
        {
            return TryRead(folders);
        }
        catch (Exception e) when (e is DamagedStateException or KernelException)
        {
            log.CannotDo("read what was asked for", e.Message);
            return new();
        }
    }

    /// <summary>Writes them down. That this cannot be done is told in the supervisor's log, and keeps nothing from being done.</summary>
    internal void Write(PodFolders folders, ILogger log)
    {
        try
        {
            folders.Write(folders.Wishes, ToJson());
        }
        catch (KernelException e)
        {
            log.CannotDo("write down what is asked for", e.Message);
        }
    }
}
