using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;

namespace Peapod.Shim.Runtimes;

/// <summary>Where another runtime sends a terminal's master side (--console-socket): a socket by path, however long that is.</summary>
internal sealed unsafe class ConsoleListener : IDisposable
{
    private const string Name = "console";

    /// <summary>Milliseconds for the runtime, which has ended by then, to have connected, and to have sent what it had to.</summary>
    private const int Patience = 1000;

    private readonly SafeFd folder;
    private readonly SafeFd listener;

    private ConsoleListener(SafeFd folder)
    {
        this.folder = folder;
        FileSystem.Remove(folder, Name, 0);
        listener = UnixSocket.Listen(folder, Name);
    }

    /// <summary>For the runtime; good as long as this object is there.</summary>
    internal string Path => $"/proc/{Libc.getpid()}/fd/{folder.Number}/{Name}";

    internal static ConsoleListener Open(string folder)
    {
        var opened = FileSystem.OpenDirectory(folder);
        try
        {
            return new ConsoleListener(opened);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Takes the terminal that was sent and sends it on.</summary>
    internal void PassOn(SafeFd target)
    {
        if (!UnixSocket.WaitForInput(listener, Patience))
        {
            throw new ContainerException("the runtime has sent no terminal");
        }

        using var sender = SafeFd.Check(Libc.accept4(listener.Number, null, null, Libc.SOCK_CLOEXEC), "accept4");
        var descriptors = new List<SafeFd>(1);
        if (!UnixSocket.WaitForInput(sender, Patience) || UnixSocket.Receive(sender, stackalloc byte[4096], descriptors) == 0 || descriptors.Count == 0)
        {
            throw new ContainerException("the runtime has sent no terminal");
        }

        UnixSocket.Send(target, "terminal"u8, descriptors[0]);
        descriptors.ForEach(static fd => fd.Dispose());
    }

    public void Dispose()
    {
        FileSystem.Remove(folder, Name, 0);
        listener.Dispose();
        folder.Dispose();
    }
}
