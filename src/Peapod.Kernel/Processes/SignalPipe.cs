using System.Runtime.InteropServices;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>Turns signals of this process into bytes that can be read, one for each. There is one such pipe in a process.</summary>
public sealed unsafe partial class SignalPipe : IDisposable
{
    private readonly SafeFd writer;

    private SignalPipe(SafeFd reader, SafeFd writer)
    {
        Reader = reader;
        this.writer = writer;
    }

    /// <summary>Readable when signals came; each byte is a signal's number.</summary>
    public SafeFd Reader { get; }

    public static SignalPipe Open(params ReadOnlySpan<int> signals)
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.pipe2(fds, Libc.O_CLOEXEC | Libc.O_NONBLOCK), "pipe2");
        var pipe = new SignalPipe(new SafeFd(fds[0]), new SafeFd(fds[1]));
        fixed (int* numbers = signals)
        {
            var error = (Errno)peapod_signals_to_pipe(pipe.writer.Number, numbers, signals.Length);
            if (error != Errno.None)
            {
                pipe.Dispose();
                throw new KernelException("sigaction", null, error);
            }
        }

        return pipe;
    }

    /// <summary>The signals that came since the last call.</summary>
    public int Read(Span<byte> signals)
    {
        fixed (byte* buffer = signals)
        {
            return (int)Math.Max(0, Libc.read(Reader.Number, buffer, (nuint)signals.Length));
        }
    }

    /// <summary>Closes the reader only: a handler may still run.</summary>
    public void Dispose() => Reader.Dispose();

    [LibraryImport("peapod-native")]
    private static partial int peapod_signals_to_pipe(int fd, int* numbers, int count);
}
