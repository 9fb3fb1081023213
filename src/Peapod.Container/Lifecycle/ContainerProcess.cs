using Peapod.Kernel.Processes;

namespace Peapod.Container.Lifecycle;

/// <summary>A process that was just made, a child of this one.</summary>
public sealed record ContainerProcess(int Pid, PidFd Process) : IDisposable
{
    public void Dispose() => Process.Dispose();
}
