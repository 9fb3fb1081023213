using Microsoft.Extensions.Logging;
using Peapod.Container.State;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Shim.Keeping;
using Peapod.Shim.Layout;
using Peapod.Shim.Loop;
using Peapod.Shim.Runtimes;
using Peapod.Shim.Streams;

namespace Peapod.Shim;

/// <summary>What the sandbox and the containers of one shim have in common.</summary>
/// <param name="folders">The pod.</param>
/// <param name="runtime">What makes its containers.</param>
/// <param name="keeper">Starts another shim when this one dies, and keeps for it what must not be lost.</param>
/// <param name="log">What is told whoever watches the shim.</param>
/// <param name="isExpected">Tells what goes wrong with a pod, and is told its user, from what is wrong with Peapod.</param>
internal sealed class ShimContext(ShimFolders folders, IContainerRuntime runtime, Keeper keeper, ILogger log, Predicate<Exception> isExpected) : IDisposable
{
    internal ShimFolders Folders { get; } = folders;

    internal ContainerStore Store { get; } = new(folders.Containers, folders.Filters);

    internal IContainerRuntime Runtime { get; } = runtime;

    internal Keeper Keeper { get; } = keeper;

    internal ILogger Log { get; } = log;

    /// <summary>What may hang is done there.</summary>
    internal Workers Workers { get; } = new(log, isExpected);

    internal PipePeek Peek { get; } = new();

    /// <summary>Children whose end is known and not yet written down: until then they are left for the next shim's keeper to reap.</summary>
    internal List<PidFd> Unwritten { get; } = [];

    /// <summary>As <see cref="Unwritten"/>, for processes that an earlier shim started: their numbers.</summary>
    internal List<int> UnwrittenAdopted { get; } = [];

    /// <summary>Killed processes that were given up: <see cref="Reap"/> reaps them when they have ended.</summary>
    internal List<PidFd> Unreaped { get; } = [];

    /// <summary>Adds what is to be polled for, and when to go on even if nothing happens.</summary>
    internal void AddTo(List<PollFd> entries, ref long next)
    {
        Workers.AddTo(entries);
        Keeper.AddTo(entries);
        next = Math.Min(next, Math.Min(Workers.WakeAt, Keeper.WakeAt));
        foreach (var process in Unreaped)
        {
            entries.Add(new() { Fd = process.Number, Events = Libc.POLLIN });
        }
    }

    /// <summary>Takes what the workers and the keeper have to say.</summary>
    internal void Advance(long now)
    {
        Workers.Advance(now);
        Keeper.Advance(now);
    }

    /// <summary>Reaps children that nobody asks for.</summary>
    internal void Reap()
    {
        for (var i = Unreaped.Count - 1; i >= 0; i--)
        {
            if (Unreaped[i].WaitForExit(0))
            {
                Unreaped[i].TryWait();
                Unreaped[i].Dispose();
                Unreaped.RemoveAt(i);
            }
        }

        Runtime.Reap();
    }

    /// <summary>How these have ended is written down: nobody need know it any more.</summary>
    internal void ReapWritten()
    {
        foreach (var process in Unwritten)
        {
            // At once: a sandbox that they share a PID namespace with does not end before.
            process.TryWait();
            process.Dispose();
        }

        Unwritten.Clear();
        UnwrittenAdopted.ForEach(Keeper.Forget);
        UnwrittenAdopted.Clear();
    }

    public void Dispose()
    {
        Unreaped.ForEach(static process => process.Dispose());
        Workers.Dispose();
        Peek.Dispose();
    }
}
