using Peapod.Kernel.Interop;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>One that could not even begin.</summary>
internal sealed class FailedAttempt(string why) : Attempt
{
    internal override long WakeAt => 0;

    internal override void AddTo(List<PollFd> entries)
    {
    }

    protected override AttemptResult? Go(long now) => new(false, why);

    public override void Dispose()
    {
    }
}
