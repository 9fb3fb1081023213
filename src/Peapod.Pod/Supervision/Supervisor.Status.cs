using Peapod.Kernel;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;
using Peapod.Shim.Logging;

namespace Peapod.Pod.Supervision;

/// <content>What is written down of the pod: its status, when something has changed.</content>
public sealed partial class Supervisor
{
    /// <summary>Milliseconds between two attempts to write the status.</summary>
    private const int WritePause = 1_000;

    private bool unwritten;
    private long writeAt;
    private (bool HasSandbox, bool Ended)? written;

    private void WriteStatus(long now)
    {
        var init = Statuses(static role => role is ContainerRole.Init or ContainerRole.Sidecar, status.InitContainerStatuses);
        var main = Statuses(static role => role == ContainerRole.Main, status.ContainerStatuses);
        var ephemeral = Statuses(static role => role == ContainerRole.Ephemeral, status.EphemeralContainerStatuses);
        var failed = status.Reason is DeadlineExceeded or Evicted;
        var next = status with
        {
            InitContainerStatuses = init,
            ContainerStatuses = main,
            EphemeralContainerStatuses = ephemeral,
            Reason = failed ? status.Reason : wishes.StopBy is not null && !ended ? "Terminating" : null,
        };

        // Nothing else affects the phase or the conditions.
        var known = (sandbox.Process is not null, ended);
        if (begins && !ended)
        {
            return;
        }

        if (next != status || written != known)
        {
            written = known;
            status = PodReport.Of(next, Facts(), ended, failed, Timestamp.Now);
            unwritten = true;
        }

        if (unwritten && now >= writeAt)
        {
            TryWriteStatus(now);
        }

        if (!unwritten)
        {
            context.Shim.ReapWritten();
        }
    }

    private void TryWriteStatus(long now)
    {
        try
        {
            StatusFile.Write(folders, status);
            (unwritten, writeAt, unkept) = (false, 0, true);
        }
        catch (KernelException e)
        {
            // A full disk, mostly. What is known stays in memory, and is written when there is room.
            writeAt = now + WritePause;
            context.Log.CannotDo("write the status", e.Message);
        }
    }

    /// <summary>The containers' statuses: the same list while nothing has changed.</summary>
    private IReadOnlyList<ContainerStatus> Statuses(Predicate<ContainerRole> role, IReadOnlyList<ContainerStatus> before)
    {
        var count = 0;
        var same = true;
        foreach (var container in containers)
        {
            if (role(container.Role))
            {
                same = same && count < before.Count && ReferenceEquals(before[count], container.Status);
                count++;
            }
        }

        if (same && count == before.Count)
        {
            return before;
        }

        var statuses = new List<ContainerStatus>(count);
        foreach (var container in containers)
        {
            if (role(container.Role))
            {
                statuses.Add(container.Status);
            }
        }

        return statuses;
    }
}
