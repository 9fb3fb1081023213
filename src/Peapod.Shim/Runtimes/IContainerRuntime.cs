using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Shim.Runtimes;

/// <summary>What makes a pod's containers, beside the supervisor's loop: calls may come from several threads, and hang. All that is known of one afterwards is in its record, whoever made it.</summary>
internal interface IContainerRuntime
{
    /// <summary>Makes a container, whose process waits to be started. A failure leaves nothing of it.</summary>
    /// <returns>Its first process, a child of this one.</returns>
    PidFd Create(CreateRequest request);

    /// <summary>Has the process of a container that was made execute its program, and returns when it has.</summary>
    /// <param name="id">The container.</param>
    /// <param name="process">Its process.</param>
    /// <param name="interruption">Ends it from another thread.</param>
    void Start(string id, PidFd process, Interruption interruption);

    /// <summary>Sends a signal to a container's first process.</summary>
    /// <returns>False when it has ended.</returns>
    bool Signal(string id, PidFd process, int signal);

    /// <summary>Executes a command as the container's own process would be, without a terminal.</summary>
    /// <param name="id">The container.</param>
    /// <param name="command">The executable and its arguments.</param>
    /// <param name="streams">Its standard streams.</param>
    /// <param name="interruption">Ends it from another thread while it is being made.</param>
    /// <returns>Its process, a child of this one.</returns>
    PidFd Execute(string id, IReadOnlyList<string> command, StandardStreams streams, Interruption interruption);

    void Update(string id, LinuxResources resources);

    /// <summary>Takes away what a run left; none is no error.</summary>
    void Delete(string id);

    /// <summary>Reaps children that nobody asked for.</summary>
    void Reap();
}
