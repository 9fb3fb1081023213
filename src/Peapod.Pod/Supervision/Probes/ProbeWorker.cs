using Microsoft.Extensions.Logging;
using Peapod.Kernel.Interop;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>One probe of a running container: asks when it is time, and takes the answers.</summary>
internal sealed class ProbeWorker(Probe probe, ProbeSchedule schedule, Func<Attempt> begin, ILogger log) : IDisposable
{
    private Attempt? attempt;
    private long answerBy;

    internal Probe Probe { get; } = probe;

    /// <summary>What holds; null while nothing is known.</summary>
    internal bool? Result => schedule.Result;

    /// <summary>When it wants to go on even if nothing happens.</summary>
    internal long WakeAt => attempt is null ? schedule.NextAt : Math.Min(answerBy, attempt.WakeAt);

    internal void AddTo(List<PollFd> entries) => attempt?.AddTo(entries);

    /// <summary>Goes on as far as it can.</summary>
    /// <param name="now">On the schedule's clock.</param>
    /// <param name="decided">Whether the answer was one too many: <see cref="Result"/> says what it came to.</param>
    /// <returns>An answer, when there is one.</returns>
    internal AttemptResult? Advance(long now, out bool decided)
    {
        decided = false;
        if (attempt is null)
        {
            if (now < schedule.NextAt)
            {
                return null;
            }

            schedule.Ask(now);
            answerBy = now + schedule.Timeout;
            attempt = begin();
        }

        var result = attempt.Advance(now, log);
        if (result is null && now >= answerBy)
        {
            result = attempt.TimedOut(schedule.Timeout / 1000);
        }

        if (result is { } answer)
        {
            attempt.Dispose();
            attempt = null;
            decided = schedule.Answer(answer.Good);
        }

        return result;
    }

    public void Dispose() => attempt?.Dispose();
}
