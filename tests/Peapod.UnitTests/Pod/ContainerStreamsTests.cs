using Microsoft.Extensions.Logging.Abstractions;
using Peapod.Container;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;
using Peapod.Pod.Layout;
using Peapod.Shim.Keeping;
using Peapod.Shim.Streams;

namespace Peapod.UnitTests.Pod;

public sealed class ContainerStreamsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_terminal_that_never_comes_is_told_and_not_waited_for(bool senderIsGone)
    {
        var folders = new PodHost { RunRoot = "/nowhere" }.FoldersOf("default", "p");
        using var keeper = new Keeper(folders, [], NullLogger.Instance);
        using var peek = new PipePeek();
        using var streams = new ContainerStreams("c", new(Terminal: true, Input: false, InputOnce: false), folders, keeper, peek, NullLogger.Instance);
        var (receiver, sender) = UnixSocket.Pair(Libc.SOCK_STREAM);
        using (receiver)
        using (sender)
        {
            if (senderIsGone)
            {
                sender.Dispose();
            }

            Assert.Equal("container \"c\": tty: its terminal has not come", Assert.Throws<ContainerException>(() => streams.TakeTerminal(receiver)).Message);
        }
    }
}
