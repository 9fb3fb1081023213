using Peapod.Pod.Layout;
using Peapod.Shim.Logging;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <content>The record of the pod that survives a reboot: written beside the loop, as a disk may be slow.</content>
public sealed partial class Supervisor
{
    /// <summary>Milliseconds that changes of the record are gathered before it is written: a disk's fsync(2) is not in a start's way.</summary>
    private const long RecordDelay = 200;

    private Work<bool>? keeping;
    private bool unkept;
    private long keepAt;

    /// <summary>Has the record written when something in it has changed.</summary>
    private void KeepRecord(long now)
    {
        TakeKept(now);
        if (unkept && keepAt == 0)
        {
            keepAt = now + RecordDelay;
        }

        if (unkept && keeping is null && now >= keepAt)
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
    }

    private void TakeKept(long now)
    {
        if (keeping is not { IsDone: true } done)
        {
            return;
        }

        keeping = null;
        try
        {
            done.Take();
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            (unkept, keepAt) = (true, now + WritePause);
            context.Log.CannotDo("write the pod's record", e.Message);
        }
    }

    /// <summary>The last word about the pod goes into its record, if that can be; a full disk does not keep the pod from its end.</summary>
    /// <returns>False while an earlier one is being written.</returns>
    private bool TryEndRecord(long now)
    {
        TakeKept(now);
        if (keeping is not null)
        {
            finishAt = now + RecordPause;
            return false;
        }

        if (unkept && !wishes.Remove)
        {
            try
            {
                PodRecord.Keep(folders);
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                context.Log.CannotDo("write the pod's record", e.Message);
            }
        }

        unkept = false;
        return true;
    }

    /// <summary>Milliseconds between two looks whether the record is written, at the pod's end.</summary>
    private const long RecordPause = 20;
}
