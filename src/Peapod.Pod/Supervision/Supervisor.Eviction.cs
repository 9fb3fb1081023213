using Peapod.Pod.Volumes;
using Peapod.Shim.Logging;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <content>What the pod takes of the host's disk is measured beside the loop; one that takes more than it may is evicted, as by the kubelet.</content>
public sealed partial class Supervisor
{
    private const string Evicted = "Evicted";

    /// <summary>Milliseconds between two measurements; the kubelet's.</summary>
    private const long MeasurePause = 10_000;

    /// <summary>Milliseconds after the pod's begin until the first.</summary>
    private const long FirstMeasurePause = 1_000;

    /// <summary>The part of the time that is spent on measuring at most: a tenth.</summary>
    private const long MeasureShare = 9;

    /// <summary>Milliseconds that an evicted pod's containers have to stop; the kubelet's grace period for it.</summary>
    private const long EvictionGrace = 1_000;

    private bool isMeasured;
    private Work<string?>? measuring;
    private long measureBegan;
    private long measureAt;

    /// <summary>When to go on with it even if nothing happens.</summary>
    private long MeasureWakeAt => measuring is null && !context.Stopping && isMeasured ? measureAt : long.MaxValue;

    private void MeasureStorage(long now)
    {
        measureAt = measureAt == 0 ? now + FirstMeasurePause : measureAt;
        if (measuring is { IsDone: true } done)
        {
            measuring = null;
            measureAt = now + Math.Max(MeasurePause, MeasureShare * (now - measureBegan));
            TakeMeasured(done);
        }
        else if (now >= MeasureWakeAt)
        {
            var pod = Pod;
            measureBegan = now;
            measuring = context.Shim.Workers.Begin(_ => LocalStorage.WhyTooMuch(pod, folders), static _ => { });
        }
    }

    private void TakeMeasured(Work<string?> done)
    {
        try
        {
            if (done.Take() is { } why && !context.Stopping)
            {
                status = status with { Reason = Evicted, Message = why };
                context.Events.Add("Warning", Evicted, null, why);
                StopWithin(EvictionGrace);
            }
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Log.CannotDo("measure what the pod takes of the disk", e.Message);
        }
    }
}
