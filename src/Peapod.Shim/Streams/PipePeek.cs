using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Shim.Streams;

/// <summary>
/// Reads what a pipe holds and leaves it there: only what is written down is taken out, so that nothing is lost when the process is killed between
/// the two. Its last lines may then be written twice. tee(2).
/// </summary>
internal sealed unsafe class PipePeek : IDisposable
{
    private readonly SafeFd reader;
    private readonly SafeFd writer;

    internal PipePeek()
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.pipe2(fds, Libc.O_CLOEXEC | Libc.O_NONBLOCK), "pipe2");
        (reader, writer) = (new SafeFd(fds[0]), new SafeFd(fds[1]));
    }

    /// <returns>How many bytes were read; 0 for none.</returns>
    internal int Read(SafeFd pipe, byte* buffer, int most)
    {
        var copied = Libc.tee(pipe.Number, writer.Number, (nuint)most, Libc.SPLICE_F_NONBLOCK);
        return copied <= 0 ? 0 : (int)Math.Max(0, Libc.read(reader.Number, buffer, (nuint)copied));
    }

    /// <summary>Takes out what was read.</summary>
    internal static void Take(SafeFd pipe, byte* buffer, int count) => _ = Libc.read(pipe.Number, buffer, (nuint)count);

    public void Dispose()
    {
        reader.Dispose();
        writer.Dispose();
    }
}
