namespace Peapod.Container;

/// <summary>What must be taken back, last first, unless everything goes well to the end.</summary>
public sealed class Undo : IDisposable
{
    private readonly Stack<Action> actions = new();

    public void Add(Action action) => actions.Push(action);

    /// <summary>All went well: what was made stays.</summary>
    public void Keep() => actions.Clear();

    /// <summary>Takes everything back. One that fails does not keep the others from being done; the first error is not lost.</summary>
    public void Dispose()
    {
        while (actions.TryPop(out var action))
        {
            try
            {
                action();
            }
            catch (Exception e) when (e is Kernel.KernelException or ContainerException)
            {
                FirstFailure ??= e;
            }
        }
    }

    /// <summary>Why something could not be taken back, or null.</summary>
    public Exception? FirstFailure { get; private set; }
}
