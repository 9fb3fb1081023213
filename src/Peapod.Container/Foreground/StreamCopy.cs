using System.Runtime.InteropServices;
using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Foreground;

/// <summary>What one stream gives on its way into another, as much as a buffer holds at a time. Nobody is waited for: poll(2) says when to go on.</summary>
internal sealed unsafe class StreamCopy(SafeFd source, SafeFd target) : IDisposable
{
    /// <summary>At most so much into what may not be ours to make non-blocking: a pipe that is ready takes it at once. PIPE_BUF of pipe(7).</summary>
    private const int Portion = 4096;

    private const nuint FIONREAD = 0x541b;

    private readonly byte[] buffer = new byte[65536];
    private int begin;
    private int end;

    /// <summary>The source has ended, or the target is gone; both ends that are ours are closed.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Why it could not be written on; null when it could, and when the reader has gone, as readers do.</summary>
    internal KernelException? Failure { get; private set; }

    /// <summary>What is waited for next.</summary>
    internal PollFd Entry => IsOver ? new() { Fd = -1 }
        : begin < end ? new() { Fd = target.Number, Events = Libc.POLLOUT }
        : new() { Fd = source.Number, Events = Libc.POLLIN };

    /// <summary>Bytes that are on their way: read already, or in the source, a pipe.</summary>
    internal int Underway()
    {
        var inPipe = 0;
        if (!IsOver)
        {
            Libc.ioctl(source.Number, FIONREAD, &inPipe);
        }

        return IsOver ? 0 : inPipe + (end - begin);
    }

    /// <summary>Goes on by one step, once <see cref="Entry"/> is ready.</summary>
    /// <returns>How many bytes were written.</returns>
    internal int Advance()
    {
        if (begin == end)
        {
            // Not written at once: the target may be full, and block us.
            Read();
            return 0;
        }

        var count = Write();
        if (count < 0)
        {
            return 0;
        }

        begin += count;
        return count;
    }

    public void Dispose()
    {
        IsOver = true;
        source.Dispose();
        target.Dispose();
    }

    private void Read()
    {
        nint count;
        fixed (byte* data = buffer)
        {
            count = Libc.read(source.Number, data, (nuint)buffer.Length);
        }

        if (count > 0)
        {
            (begin, end) = (0, (int)count);
        }
        else if (count == 0 || !IsTransient(Marshal.GetLastPInvokeError()))
        {
            Dispose();
        }
    }

    private int Write()
    {
        nint count;
        fixed (byte* data = buffer)
        {
            count = Libc.write(target.Number, data + begin, (nuint)Math.Min(end - begin, Portion));
        }

        if (count < 0 && Marshal.GetLastPInvokeError() is var error && !IsTransient(error))
        {
            // EPIPE: who read has gone. EIO: its terminal is hung up.
            Failure = (Errno)error is Errno.EPIPE or Errno.EIO ? null : new KernelException("write", "standard output", (Errno)error);
            Dispose();
        }

        return (int)count;
    }

    private static bool IsTransient(int error) => (Errno)error is Errno.EAGAIN or Errno.EINTR;
}
