using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;
using Peapod.Shim.Logging;

namespace Peapod.Shim.Control;

/// <summary>Where a shim is reached: a socket of messages in the pod's folder. Nobody is waited for.</summary>
internal sealed class ControlSocket : IDisposable
{
    internal const string Name = "control";

    /// <summary>Bytes of a message; what is longer goes through files.</summary>
    internal const int LongestMessage = 4096;

    private readonly ILogger log;
    private readonly Predicate<Exception> isExpected;
    private readonly SafeFd listener;
    private readonly List<SafeFd> clients = [];

    /// <param name="folder">Where it is made.</param>
    /// <param name="log">Is told of faults of ours.</param>
    /// <param name="isExpected">Tells what goes wrong with a request, and is its answer, from what is wrong with Peapod.</param>
    internal ControlSocket(string folder, ILogger log, Predicate<Exception> isExpected)
    {
        this.log = log;
        this.isExpected = isExpected;
        using var run = FileSystem.OpenDirectory(folder);
        FileSystem.Remove(run, Name, 0);
        listener = UnixSocket.Listen(run, Name, Libc.SOCK_SEQPACKET);
    }

    internal void AddTo(List<PollFd> entries)
    {
        entries.Add(new() { Fd = listener.Number, Events = Libc.POLLIN });
        foreach (var client in clients)
        {
            entries.Add(new() { Fd = client.Number, Events = Libc.POLLIN });
        }
    }

    /// <summary>Hands on what has been asked.</summary>
    internal void Serve(ServeRequest serve)
    {
        Accept();
        for (var i = clients.Count - 1; i >= 0; i--)
        {
            if (UnixSocket.WaitForInput(clients[i], 0) && !Serve(clients[i], serve))
            {
                clients[i].Dispose();
                clients.RemoveAt(i);
            }
        }
    }

    internal static void Answer(SafeFd client, ControlReply reply, params ReadOnlySpan<SafeFd> descriptors)
    {
        if (client.IsClosed)
        {
            return;
        }

        try
        {
            UnixSocket.Send(client, reply.ToJson(), descriptors);
        }
        catch (KernelException)
        {
            // The client has gone; the work is done all the same.
        }
    }

    public void Dispose()
    {
        clients.ForEach(static client => client.Dispose());
        listener.Dispose();
    }

    private unsafe void Accept()
    {
        while (UnixSocket.WaitForInput(listener, 0))
        {
            var fd = Libc.accept4(listener.Number, null, null, Libc.SOCK_CLOEXEC);
            if (fd < 0)
            {
                return;
            }

            clients.Add(new SafeFd(fd));
        }
    }

    /// <returns>False when the client has gone.</returns>
    private bool Serve(SafeFd client, ServeRequest serve)
    {
        Span<byte> buffer = stackalloc byte[LongestMessage];
        int count;
        try
        {
            count = UnixSocket.Receive(client, buffer);
        }
        catch (KernelException)
        {
            return false;
        }

        if (count == 0)
        {
            return false;
        }

        try
        {
            serve(buffer[..count], client);
        }
        catch (Exception e) when (isExpected(e))
        {
            Answer(client, new() { Error = e.Message });
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A fault of ours is the answer, and not the supervisor's end.
            log.Faulted("request", e);
            Answer(client, new() { Error = $"internal error: {e.Message}" });
        }

        return true;
    }
}
