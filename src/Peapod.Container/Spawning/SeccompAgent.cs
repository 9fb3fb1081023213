using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;
using Peapod.Oci;

namespace Peapod.Container.Spawning;

/// <summary>Who answers SCMP_ACT_NOTIFY: gets the filter's listener by linux.seccomp.listenerPath (config-linux.md, The Container Process State).</summary>
internal static class SeccompAgent
{
    /// <param name="child">The process that has installed the filter.</param>
    /// <param name="number">The listener's number in it.</param>
    internal static SafeFd Take(Spawner.Child child, int number) => SafeFd.Check(Libc.pidfd_getfd(child.Process.Number, number, 0), "pidfd_getfd");

    /// <param name="child">The process under the filter.</param>
    /// <param name="listener">The filter's listener.</param>
    /// <param name="spec">The container's configuration.</param>
    /// <param name="state">The container's state.</param>
    internal static void Send(Spawner.Child child, SafeFd listener, Spec spec, Oci.State state)
    {
        var seccomp = spec.Linux!.Seccomp!;
        var path = seccomp.ListenerPath!;
        var message = new ContainerProcessState
        {
            OciVersion = state.OciVersion,
            Fds = ["seccompFd"],
            Pid = child.Pid,
            Metadata = seccomp.ListenerMetadata,
            State = state,
        };
        try
        {
            using var socket = UnixSocket.Connect(path);
            UnixSocket.Send(socket, message.ToJson(), listener);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: linux.seccomp.listenerPath: failed to connect with seccomp agent \"{path}\": {e.Operation}: {KernelException.Describe(e.Error)}\n  the agent that is to decide about the system calls must listen there", 1, e);
        }
    }
}
