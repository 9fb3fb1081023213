using System.Globalization;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Criu;

/// <summary>One criu at work, "criu swrk FD": messages of rpc.proto over a socket of ours, one request and its answer.</summary>
internal sealed class CriuProcess : IDisposable
{
    private const int MostReceived = 64 << 10;

    private readonly SafeFd socket;
    private readonly PidFd process;
    private bool ended;

    private CriuProcess(SafeFd socket, PidFd process)
    {
        this.socket = socket;
        this.process = process;
    }

    /// <param name="path">criu's executable.</param>
    /// <param name="streams">Its standard streams, which what it restores has, too.</param>
    /// <param name="inherited">Descriptors that it has under their own numbers.</param>
    /// <param name="cgroup">The directory of its cgroup; null for ours.</param>
    internal static CriuProcess Start(string path, StandardStreams streams, IReadOnlyList<SafeFd> inherited, SafeFd? cgroup)
    {
        var (ours, theirs) = UnixSocket.Pair(Libc.SOCK_SEQPACKET);
        using var socketOfCriu = theirs;
        try
        {
            var numbers = new int[inherited.Count + 1];
            for (var i = 0; i < inherited.Count; i++)
            {
                numbers[i] = inherited[i].Number;
            }

            numbers[^1] = theirs.Number;
            return new(ours, ChildProcess.Start(path, ["criu", "swrk", theirs.Number.ToString(CultureInfo.InvariantCulture)], streams, numbers, cgroup));
        }
        catch (KernelException e)
        {
            ours.Dispose();
            throw new ContainerException($"criu: cannot execute \"{path}\": {e.Operation}: {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    /// <summary>Sends a request, answers criu's notifications, and returns its answer; null when it ended without one.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="notify">Does what a notification asks for, with the descriptors that came with it; an exception fails criu's work, and is passed on when criu has ended it.</param>
    internal CriuResponse? Ask(CriuRequest request, Action<CriuResponse, IReadOnlyList<SafeFd>>? notify = null)
    {
        var buffer = new byte[MostReceived];
        Exception? failure = null;
        UnixSocket.Send(socket, request.Encode());
        while (true)
        {
            var descriptors = new List<SafeFd>();
            try
            {
                var count = UnixSocket.Receive(socket, buffer, descriptors);
                var response = count == 0 ? null : CriuResponse.Parse(buffer.AsSpan(0, count));
                if (response is { Type: CriuRequestType.Notify, Success: true } && failure is null)
                {
                    failure = Notify(notify, response, descriptors);
                    UnixSocket.Send(socket, new CriuRequest(CriuRequestType.Notify) { NotifySuccess = failure is null }.Encode());
                    continue;
                }

                return failure is null ? response : throw new ContainerException(failure.Message, failure is ContainerException c ? c.ExitCode : 1, failure);
            }
            catch (KernelException e) when (e.Error is Errno.ECONNRESET or Errno.EPIPE)
            {
                return failure is null ? null : throw new ContainerException(failure.Message, 1, failure);
            }
            catch (FormatException e)
            {
                throw new ContainerException($"criu: its answer cannot be read: {e.Message}", 1, e);
            }
            finally
            {
                descriptors.ForEach(static fd => fd.Dispose());
            }
        }
    }

    /// <summary>Lets it end, which a pre-dump does only now.</summary>
    internal ExitStatus Finish()
    {
        socket.Dispose();
        ended = true;
        return process.Wait();
    }

    public void Dispose()
    {
        if (!ended)
        {
            Finish();
        }

        process.Dispose();
    }

    private static Exception? Notify(Action<CriuResponse, IReadOnlyList<SafeFd>>? notify, CriuResponse response, IReadOnlyList<SafeFd> descriptors)
    {
        try
        {
            notify?.Invoke(response, descriptors);
            return null;
        }
        catch (Exception e) when (e is ContainerException or KernelException or Oci.SpecException)
        {
            return e;
        }
    }
}
