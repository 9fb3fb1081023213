using System.Runtime.ExceptionServices;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Selection;

/// <summary>Something that takes as long as pods take to stop, for several of them at once: who resists keeps nobody else waiting.</summary>
internal sealed class PodsAtOnce
{
    /// <summary>Pods that are waited for at the same time; each has a thread.</summary>
    internal const int Most = 256;

    private const int StackSize = 1 << 20;

    /// <summary>Milliseconds after which somebody who waits is told what for.</summary>
    private const long Patience = 3000;

    private readonly Queue<PodFolders> left;
    private readonly Dictionary<PodFolders, long> begun = [];
    private readonly Queue<(PodFolders Pod, string? Line, Exception? Failure)> done = [];
    private readonly Func<PodFolders, string> act;
    private readonly object sync = new();

    private PodsAtOnce(IEnumerable<PodFolders> pods, Func<PodFolders, string> act)
    {
        left = new(pods);
        this.act = act;
    }

    /// <param name="names">The pods' names.</param>
    /// <param name="find">The pod of a name; null for one that is passed over. May throw a <see cref="PodFailure"/>.</param>
    /// <param name="act">Does it, and returns the line that tells so.</param>
    /// <returns>The exit code: 1 when it failed for one of them.</returns>
    internal static int Do<T>(IEnumerable<T> names, Func<T, PodFolders?> find, Func<PodFolders, string> act)
    {
        var exitCode = 0;
        var pods = new List<PodFolders>();
        foreach (var name in names)
        {
            try
            {
                if (find(name) is { } pod && !pods.Exists(other => other.Key == pod.Key))
                {
                    pods.Add(pod);
                }
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                Report.Error(e);
                exitCode = 1;
            }
        }

        return pods.Count == 0 ? exitCode : exitCode | new PodsAtOnce(pods, act).Run(pods.Count);
    }

    private int Run(int count)
    {
        for (var i = 0; i < Math.Min(count, Most); i++)
        {
            new Thread(Work, StackSize) { IsBackground = true }.Start();
        }

        var exitCode = 0;
        var told = new HashSet<PodFolders>();
        for (var ended = 0; ended < count;)
        {
            if (Take() is { } one)
            {
                ended++;
                exitCode |= Tell(one.Line, one.Failure);
            }

            foreach (var pod in Resisting(told))
            {
                if (Resistance.Of(pod) is { Length: > 0 } why)
                {
                    Console.Error.WriteLine($"pod \"{pod.Name}\": still waiting for {why}");
                }
            }
        }

        return exitCode;
    }

    private static int Tell(string? line, Exception? failure)
    {
        if (failure is null)
        {
            Console.WriteLine(line);
            return 0;
        }

        if (!PodFailure.Is(failure))
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        Report.Error(failure);
        return 1;
    }

    /// <summary>What has come to its end next; null when nothing has for a while.</summary>
    private (PodFolders Pod, string? Line, Exception? Failure)? Take()
    {
        lock (sync)
        {
            if (done.Count == 0)
            {
                Monitor.Wait(sync, 100);
            }

            return done.Count == 0 ? null : done.Dequeue();
        }
    }

    /// <summary>Pods that are waited for too long, each once.</summary>
    private List<PodFolders> Resisting(HashSet<PodFolders> told)
    {
        lock (sync)
        {
            var now = Environment.TickCount64;
            return [.. begun.Where(pair => now - pair.Value >= Patience && told.Add(pair.Key)).Select(static pair => pair.Key)];
        }
    }

    private void Work()
    {
        while (true)
        {
            PodFolders pod;
            lock (sync)
            {
                if (!left.TryDequeue(out pod!))
                {
                    return;
                }

                begun[pod] = Environment.TickCount64;
            }

            var (line, failure) = Do(pod);
            lock (sync)
            {
                begun.Remove(pod);
                done.Enqueue((pod, line, failure));
                Monitor.PulseAll(sync);
            }
        }
    }

    private (string? Line, Exception? Failure) Do(PodFolders pod)
    {
        try
        {
            return (act(pod), null);
        }
        catch (Exception e)
        {
            return (null, e);
        }
    }
}
