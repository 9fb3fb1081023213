using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;

namespace Peapod.HostTests.Harness;

/// <summary>A unix socket that takes one descriptor with a few words, as those who call with --console-socket and --pidfd-socket have.</summary>
internal static unsafe class DescriptorSocket
{
    /// <param name="folder">Where the socket is made for the time of <paramref name="act"/>.</param>
    /// <param name="act">Has the descriptor sent to the socket whose path it is given.</param>
    internal static (string Text, SafeFd Descriptor) Receive(string folder, Action<string> act)
    {
        const string name = "received.sock";
        using var directory = FileSystem.OpenDirectory(folder);
        using var socket = UnixSocket.Listen(directory, name);
        act(Path.Combine(folder, name));
        using var connection = SafeFd.Check(Libc.accept4(socket.Number, null, null, Libc.SOCK_CLOEXEC), "accept4");
        Span<byte> text = stackalloc byte[64];
        var descriptors = new List<SafeFd>();
        var count = UnixSocket.Receive(connection, text, descriptors);
        File.Delete(Path.Combine(folder, name));
        return (Encoding.ASCII.GetString(text[..count]), Assert.Single(descriptors));
    }
}
