using Peapod.Pod.Supervision.Control;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <content>What commands have asked for, written down until it is done.</content>
public sealed partial class Supervisor
{
    private PodWishes wishes = new();

    /// <summary>Goes on with what commands have asked an earlier supervisor for.</summary>
    private void ResumeWishes()
    {
        wishes = PodWishes.Read(folders, context.Log);
        var now = MonotonicClock.Now;
        if (wishes.StopBy is { } by)
        {
            StopWithin(wishes.StopAtOnce ? 0 : Math.Max(1, by - now));
        }

        foreach (var wish in wishes.Restarts)
        {
            if (containers.Find(container => container.Spec.Name == wish.Container) is { } container && container.Status.RestartCount == wish.Run)
            {
                container.Restart(Math.Max(0, wish.By - now));
            }
        }
    }

    /// <summary>Writes a wish down, before it is acted on.</summary>
    private void Wish(PodWishes next)
    {
        wishes = next;
        wishes.Write(folders, context.Log);
        unkept = true;
    }

    /// <summary>Restarts that are done are wished no more.</summary>
    private void ForgetRestarts()
    {
        if (wishes.Restarts.Count == 0)
        {
            return;
        }

        var left = new List<RestartWish>();
        foreach (var wish in wishes.Restarts)
        {
            if (containers.Exists(container => container.Spec.Name == wish.Container && container.RestartAsked))
            {
                left.Add(wish);
            }
        }

        if (left.Count < wishes.Restarts.Count)
        {
            Wish(wishes with { Restarts = left });
        }
    }
}
