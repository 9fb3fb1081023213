using Peapod.Pod.Layout;
using Peapod.Shim.Logging;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <content>The record of the pod that survives a reboot: written beside the loop, as a disk may be slow.</content>
public sealed partial class Supervisor
{
    /// <summary>Milliseconds that the disk has for the last word about a pod that has ended.</summary>
    private const long RecordPatience = 10_000;

    /// <summary>Milliseconds that changes of the record are gathered before it is written: a disk's fsync(2) is not in a start's way.</summary>
    private const long RecordDelay = 200;

    private Work<bool>? keeping;
    private bool unkept;
    private long keepAt;
    private long? lastKeptBy;

    /// <summary>Has the record written when something in it has changed.</summary>
    private void KeepRecord(long now)
    {
        if (!TakeKept())
        {
            (unkept, keepAt) = (true, now + WritePause);
        }

        if (unkept && keepAt == 0)
        {
            keepAt = now + RecordDelay;
        }

        if (unkept && keeping is null && now >= keepAt)
        {
            BeginKeeping();
        }
    }

    private void BeginKeeping()
    {
        (unkept, keepAt) = (false, 0);
        keeping = context.Shim.Workers.Begin(
            _ =>
            {
                PodRecord.Keep(folders);
                return true;
            },
            static _ => { });
    }

    /// <returns>False when the record could not be written.</returns>
    private bool TakeKept()
    {
        if (keeping is not { IsDone: true } done)
        {
            return true;
        }

        keeping = null;
        try
        {
            return done.Take();
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Log.CannotDo("write the pod's record", e.Message);
            return false;
        }
    }

    /// <summary>The last word about the pod goes into its record, if that can be; neither a full disk nor one that does not answer keeps the pod from its end.</summary>
    /// <returns>False while it is being written.</returns>
    private bool TryEndRecord(long now)
    {
        lastKeptBy ??= now + RecordPatience;
        var failed = !TakeKept();
        if (keeping is null && unkept && !failed && !wishes.Remove)
        {
            BeginKeeping();
        }

        if (keeping is not null && now < lastKeptBy)
        {
            return false;
        }

        if (keeping is not null)
        {
            context.Log.CannotDo("write the pod's record", $"the disk has not answered for {RecordPatience / 1000} seconds");
        }

        unkept = false;
        return true;
    }
}
