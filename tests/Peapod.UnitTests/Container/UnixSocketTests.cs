using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Sockets;

namespace Peapod.UnitTests.Container;

public sealed class UnixSocketTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-socket-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(Stream)]
    [InlineData(SequentialPackets)]
    public void A_server_that_accepts_nobody_is_waited_for_with_a_bound(int type)
    {
        using var directory = FileSystem.OpenDirectory(folder);
        using var server = UnixSocket.Listen(directory, "server", type);
        var waiting = new List<SafeFd>();

        var error = Assert.Throws<KernelException>(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                waiting.Add(UnixSocket.Connect($"{folder}/server", type, patience: 50));
            }
        });

        Assert.Equal(("connect", Errno.EAGAIN), (error.Operation, error.Error));
        Assert.NotEmpty(waiting);
        waiting.ForEach(static socket => socket.Dispose());
    }

    private const int Stream = 1, SequentialPackets = 5; // SOCK_STREAM, SOCK_SEQPACKET
}
