using Peapod.Kernel.Interop;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>A hook that lets time pass.</summary>
internal sealed class SleepAttempt(long until) : Attempt
{
    internal override long WakeAt => until;

    internal override void AddTo(List<PollFd> entries)
    {
    }

    protected override AttemptResult? Go(long now) => now >= until ? new(true, "") : null;

    public override void Dispose()
    {
    }
}
