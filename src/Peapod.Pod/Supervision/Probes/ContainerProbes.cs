using Peapod.Kernel.Interop;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>The probes of one run of a container: the start-up probe first, then the other two.</summary>
internal sealed class ContainerProbes : IDisposable
{
    private readonly ContainerSpec container;
    private readonly Attempts attempts;
    private readonly long containerStart;
    private ProbeWorker? startup;
    private ProbeWorker? liveness;
    private ProbeWorker? readiness;

    /// <param name="container">The container.</param>
    /// <param name="attempts">Asks.</param>
    /// <param name="containerStart">When it started.</param>
    /// <param name="started">It has started already: an earlier supervisor has seen it.</param>
    /// <param name="ready">It is ready until an answer says otherwise; as for <paramref name="started"/>.</param>
    internal ContainerProbes(ContainerSpec container, Attempts attempts, long containerStart, bool started, bool ready)
    {
        this.container = container;
        this.attempts = attempts;
        this.containerStart = containerStart;
        if (container.StartupProbe is { } probe && !started)
        {
            startup = Worker(probe, null, containerStart);
        }
        else
        {
            Started = true;
            BeginOthers(containerStart, ready);
        }
    }

    /// <summary>The start-up probe, if there is one, has succeeded. That it is asked no more, while the container is stopped, is no success.</summary>
    internal bool Started { get; private set; }

    internal bool Ready => Started && readiness?.Result != false;

    internal long WakeAt => Math.Min(startup?.WakeAt ?? long.MaxValue, Math.Min(liveness?.WakeAt ?? long.MaxValue, readiness?.WakeAt ?? long.MaxValue));

    internal void AddTo(List<PollFd> entries)
    {
        startup?.AddTo(entries);
        liveness?.AddTo(entries);
        readiness?.AddTo(entries);
    }

    /// <summary>Goes on as far as it can.</summary>
    /// <param name="now">On the clock of the container's start.</param>
    /// <param name="unhealthy">Takes each bad answer: the probe's name and the answer.</param>
    /// <returns>The probe that has failed for good, and its name: the container is to be restarted.</returns>
    internal (string Name, Probe Probe)? Advance(long now, Action<string, string> unhealthy)
    {
        if (startup is not null)
        {
            if (Ask(startup, "Startup", now, unhealthy))
            {
                return ("startup", startup.Probe);
            }

            if (startup.Result == true)
            {
                startup.Dispose();
                startup = null;
                Started = true;
                BeginOthers(now, false);
            }
        }

        if (readiness is not null)
        {
            Ask(readiness, "Readiness", now, unhealthy);
        }

        return liveness is not null && Ask(liveness, "Liveness", now, unhealthy) ? ("liveness", liveness.Probe) : null;
    }

    /// <summary>The container is being stopped: whether it lives or starts is asked no more.</summary>
    internal void Stop()
    {
        startup?.Dispose();
        liveness?.Dispose();
        (startup, liveness) = (null, null);
    }

    public void Dispose()
    {
        Stop();
        readiness?.Dispose();
        readiness = null;
    }

    /// <returns>Whether the probe has failed for good.</returns>
    private static bool Ask(ProbeWorker worker, string name, long now, Action<string, string> unhealthy)
    {
        if (worker.Advance(now, out var decided) is not { } answer || answer.Good)
        {
            return false;
        }

        unhealthy(name, answer.Detail);
        return decided;
    }

    private void BeginOthers(long notBefore, bool ready)
    {
        liveness = container.LivenessProbe is { } alive ? Worker(alive, true, notBefore) : null;
        readiness = container.ReadinessProbe is { } able ? Worker(able, ready, notBefore) : null;
    }

    private ProbeWorker Worker(Probe probe, bool? initially, long notBefore) =>
        new(probe, new ProbeSchedule(probe, initially, containerStart, notBefore), () => attempts.Begin(container, probe), attempts.Log);
}
