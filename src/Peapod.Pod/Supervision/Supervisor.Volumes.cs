using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <content>The pod's volumes: until they are there it has no sandbox, as with the kubelet.</content>
public sealed partial class Supervisor
{
    /// <summary>Milliseconds between two attempts to make volumes that could not be made: each time twice as many.</summary>
    private const int FirstVolumePause = 1_000;
    private const int LongestVolumePause = 10_000;

    private bool hasVolumes;
    private int volumePause;

    /// <summary>Makes the volumes, if they are not there.</summary>
    /// <param name="waits">Which failures are told by an event and tried again; others are thrown.</param>
    /// <returns>False when one cannot be made yet.</returns>
    private bool TryMakeVolumes(Predicate<Exception> waits)
    {
        if (hasVolumes)
        {
            return true;
        }

        try
        {
            context.Volumes.Make(Pod);
        }
        catch (Exception e) when (waits(e))
        {
            context.Events.Add("Warning", FailedMount, null, e.Message);
            volumePause = Math.Clamp(2 * volumePause, FirstVolumePause, LongestVolumePause);
            sandboxAt = MonotonicClock.Now + volumePause;
            return false;
        }

        return hasVolumes = true;
    }

    /// <summary>Writes what has changed of the objects that volumes are made from; what was waited for may have come.</summary>
    private void UpdateVolumes()
    {
        if (!hasVolumes)
        {
            (sandboxAt, volumePause) = (0, 0);
            return;
        }

        foreach (var failure in context.Volumes.Update(Pod))
        {
            context.Events.Add("Warning", FailedMount, null, failure);
        }
    }
}
