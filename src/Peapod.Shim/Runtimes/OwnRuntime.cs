using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Shim.Runtimes;

/// <summary>This one, in the supervisor's own process.</summary>
internal sealed class OwnRuntime(ContainerStore store) : IContainerRuntime
{
    public PidFd Create(CreateRequest request) => Container.Lifecycle.Container.Create(store, request with { WaitsForStart = true }).Process.Process;

    public void Start(string id, PidFd process, Interruption interruption)
    {
        interruption.Watch(process);
        try
        {
            Container.Lifecycle.Container.Open(store, id).Start();
        }
        finally
        {
            interruption.Watch(null);
        }
    }

    public bool Signal(string id, PidFd process, int signal) => process.Signal(signal);

    public PidFd Execute(string id, IReadOnlyList<string> command, StandardStreams streams, Interruption interruption)
    {
        var container = Container.Lifecycle.Container.Open(store, id);
        return container.Execute(new ExecRequest
        {
            Process = container.ReadSpec().Process! with { Args = command, Terminal = false, ConsoleSize = null },
            Streams = streams,
            Interruption = interruption,
        }).Process;
    }

    public void Update(string id, LinuxResources resources) =>
        Container.Lifecycle.Container.Open(store, id).Update(resources, null, static field => $"resources: {field}");

    public void Delete(string id)
    {
        try
        {
            if (store.TryRead(id) is not null)
            {
                Container.Lifecycle.Container.Open(store, id).Delete(force: true);
            }
            else
            {
                store.RemoveBeginnings(id);
            }
        }
        catch (DamagedContainerException)
        {
            Container.Lifecycle.Container.RemoveDamaged(store, id);
        }
    }

    public void Reap()
    {
    }
}
