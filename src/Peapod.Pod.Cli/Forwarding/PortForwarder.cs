using System.Net;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Namespaces;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;

namespace Peapod.Pod.Cli.Forwarding;

/// <summary>
/// Joins ports of this host with ports of a pod. The connections into the pod are made by sockets of its network namespace, so that they reach
/// what listens on the pod's loopback only. One thread, one poll(2).
/// </summary>
internal sealed unsafe class PortForwarder : IDisposable
{
    private static readonly IPAddress[] Inside = [IPAddress.Loopback, IPAddress.IPv6Loopback];

    private readonly SafeFd networkNamespace;
    private readonly PidFd sandbox;
    private readonly List<(SafeFd Socket, PortPair Ports)> listeners = [];
    private readonly List<ForwardedConnection> connections = [];

    /// <param name="networkNamespace">The pod's.</param>
    /// <param name="sandbox">Ends with the pod.</param>
    internal PortForwarder(SafeFd networkNamespace, PidFd sandbox)
    {
        this.networkNamespace = networkNamespace;
        this.sandbox = sandbox;
    }

    /// <summary>Listens at a port; the line that tells of it.</summary>
    internal string Listen(IPAddress address, PortPair ports)
    {
        var socket = InternetSocket.Listen(address, ports.Local);
        ports = ports with { Local = InternetSocket.PortOf(socket) };
        listeners.Add((socket, ports));
        return $"Forwarding from {InternetSocket.Text(address, ports.Local)} -> {ports.Remote}";
    }

    /// <summary>The port that the last <see cref="Listen"/> got.</summary>
    internal int LastPort => listeners[^1].Ports.Local;

    /// <summary>Forwards until the pod has ended.</summary>
    internal void Run()
    {
        var entries = new List<PollFd>();
        while (true)
        {
            entries.Clear();
            entries.Add(new() { Fd = sandbox.Number, Events = Libc.POLLIN });
            foreach (var (socket, _) in listeners)
            {
                entries.Add(new() { Fd = socket.Number, Events = Libc.POLLIN });
            }

            connections.ForEach(connection => connection.AddTo(entries));
            var polled = entries.ToArray();
            fixed (PollFd* first = polled)
            {
                if (Libc.poll(first, (nuint)polled.Length, -1) < 0)
                {
                    continue;
                }
            }

            if (polled[0].ReturnedEvents != 0)
            {
                return;
            }

            Serve(polled);
        }
    }

    public void Dispose()
    {
        listeners.ForEach(static listener => listener.Socket.Dispose());
        connections.ForEach(static connection => connection.Dispose());
    }

    private void Serve(PollFd[] polled)
    {
        // From the last one on: those that end are taken out of the list, and what is added was not polled.
        for (var i = connections.Count - 1; i >= 0; i--)
        {
            var at = 1 + listeners.Count + (2 * i);
            if ((polled[at].ReturnedEvents | polled[at + 1].ReturnedEvents) != 0)
            {
                Serve(i);
            }
        }

        for (var i = 0; i < listeners.Count; i++)
        {
            if (polled[1 + i].ReturnedEvents != 0 && InternetSocket.TryAccept(listeners[i].Socket) is { } accepted)
            {
                Console.WriteLine($"Handling connection for {listeners[i].Ports.Local}");
                Connect(accepted, listeners[i].Ports, 0);
            }
        }
    }

    private void Serve(int index)
    {
        var connection = connections[index];
        if (!connection.IsConnected && connection.FinishConnecting() is { } error)
        {
            connections.RemoveAt(index);
            connection.GiveUpRemote();
            Refused(connection.Local, connection.Ports, connection.Attempt, error);
        }
        else if (!connection.Move())
        {
            connections.RemoveAt(index);
            connection.Dispose();
        }
    }

    private void Connect(SafeFd accepted, PortPair ports, int attempt)
    {
        SafeFd socket;
        try
        {
            // Once made, it belongs to the pod's network whatever this thread does.
            using (ThreadNamespace.Enter(networkNamespace, "net", Libc.CLONE_NEWNET))
            {
                socket = TcpSocket.BeginConnect(Inside[attempt], ports.Remote);
            }
        }
        catch (KernelException e)
        {
            Refused(accepted, ports, attempt, e.Error);
            return;
        }

        connections.Add(new ForwardedConnection(accepted, socket, ports, attempt));
    }

    private void Refused(SafeFd accepted, PortPair ports, int attempt, Errno error)
    {
        if (attempt + 1 < Inside.Length)
        {
            Connect(accepted, ports, attempt + 1);
            return;
        }

        accepted.Dispose();
        Console.Error.WriteLine($"peapod: forwarding {ports.Local} -> {ports.Remote}: nothing of the pod takes the connection: {KernelException.Describe(error)}");
    }
}
