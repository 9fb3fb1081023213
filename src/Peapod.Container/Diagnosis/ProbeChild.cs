using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Diagnosis;

/// <summary>A child that is spawned as a container's process is, does next to nothing, and waits until it is killed.</summary>
internal sealed class ProbeChild : IDisposable
{
    private readonly Spawner.Child child;

    private ProbeChild(Spawner.Child child) => this.child = child;

    internal PidFd Process => child.Process;

    /// <param name="unshare">CLONE_NEW* of the namespaces that it makes.</param>
    /// <param name="cgroup">The cgroup that it is spawned into, or null.</param>
    /// <exception cref="KernelException">The spawn or the namespace was refused.</exception>
    internal static ProbeChild Start(ulong unshare = 0, SafeFd? cgroup = null)
    {
        var wait = new InitOperation(PlanCode.Sync, "", "wait") { A = (ulong)InitStage.MapUsers };
        var plan = new Plan(0, [], unshare == 0 ? [wait] : [new(PlanCode.Unshare, "", "make namespaces") { A = unshare }, wait], 0);
        var probe = new ProbeChild(Spawner.Spawn(plan, [], cgroup, default));
        try
        {
            Span<byte> message = stackalloc byte[InitReport.Size];
            var report = InitReport.Parse(message[..UnixSocket.Receive(probe.child.Socket, message)]);
            return report.Stage is not null ? probe : throw new KernelException(report.Detail, null, report.Error);
        }
        catch
        {
            probe.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        child.Process.Signal(Signals.SIGKILL);
        child.Process.Wait();
        child.Process.Dispose();
        child.Socket.Dispose();
    }
}
