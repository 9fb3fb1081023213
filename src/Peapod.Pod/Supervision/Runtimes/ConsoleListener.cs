using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;

namespace Peapod.Pod.Supervision.Runtimes;

/// <summary>Where another runtime sends a terminal's master side (--console-socket): a socket by path, however long that is.</summary>
internal sealed unsafe class ConsoleListener : IDisposable
{
    private const string Name = "console";

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
        if (!UnixSocket.WaitForInput(listener, 1000))
        {
            throw new PodException("the runtime has sent no terminal");
        }

        using var sender = SafeFd.Check(Libc.accept4(listener.Number, null, null, Libc.SOCK_CLOEXEC), "accept4");
        var descriptors = new List<SafeFd>(1);
        UnixSocket.Receive(sender, stackalloc byte[4096], descriptors);
        if (descriptors.Count == 0)
        {
            throw new PodException("the runtime has sent no terminal");
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
