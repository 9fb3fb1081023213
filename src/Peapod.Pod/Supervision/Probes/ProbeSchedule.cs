using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>When a probe asks next, and what its answers amount to. Times are milliseconds of a clock that only goes on.</summary>
internal sealed class ProbeSchedule
{
    private readonly Probe probe;
    private readonly bool? initially;
    private int inRow;
    private bool lastAnswer;

    /// <summary>
    /// Milliseconds after the start of a container before which it is not asked whether it lives or has started. The kubelet asks at some
    /// moment of the first period; at once, nothing would be up yet.
    /// </summary>
    private const long FirstLook = 1000;

    /// <param name="probe">The probe.</param>
    /// <param name="initially">What holds until the answers say otherwise: a container is alive and not ready; of its start nothing is known.</param>
    /// <param name="containerStart">When the container started.</param>
    /// <param name="notBefore">When the probe may begin: a start-up probe goes before the others.</param>
    internal ProbeSchedule(Probe probe, bool? initially, long containerStart, long notBefore)
    {
        this.probe = probe;
        this.initially = initially;
        Result = initially;
        NextAt = Math.Max(notBefore, containerStart + Math.Max(initially == false ? 0 : FirstLook, 1000L * (probe.InitialDelaySeconds ?? 0)));
    }

    /// <summary>What holds now; null while nothing is known.</summary>
    internal bool? Result { get; private set; }

    /// <summary>When to ask.</summary>
    internal long NextAt { get; private set; }

    /// <summary>Milliseconds that an answer may take.</summary>
    internal long Timeout => 1000L * Math.Max(1, probe.TimeoutSeconds ?? 1);

    private long Period => 1000L * Math.Max(1, probe.PeriodSeconds ?? 10);

    /// <summary>The question is asked; the time for the next is a period later.</summary>
    internal void Ask(long now) => NextAt = now - NextAt >= Period ? now + Period : NextAt + Period;

    /// <summary>Counts an answer.</summary>
    /// <returns>Whether the answers in a row are now enough for what they say.</returns>
    internal bool Answer(bool good)
    {
        inRow = inRow > 0 && lastAnswer == good ? inRow + 1 : 1;
        lastAnswer = good;
        if (inRow < (good ? probe.SuccessThreshold ?? 1 : probe.FailureThreshold ?? 3))
        {
            return false;
        }

        Result = good;
        return true;
    }

    /// <summary>Forgets all answers.</summary>
    internal void Reset() => (inRow, Result) = (0, initially);
}
