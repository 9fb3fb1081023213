using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Shim.Streams;

/// <summary>The end of a terminal's output for someone attached who is slow to take it: a thread of its own waits, so that the supervisor does not.</summary>
internal static unsafe class LastLook
{
    /// <summary>Milliseconds that the viewer has for all of it.</summary>
    private const int Patience = 5000;

    /// <param name="viewer">Where it goes; closed at the end.</param>
    /// <param name="text">What is left to show.</param>
    internal static void Give(SafeFd viewer, byte[] text)
    {
        // In the foreground: the supervisor's process stays until it has been tried.
        new Thread(() => Write(viewer, text), 128 << 10).Start();
    }

    private static void Write(SafeFd viewer, ReadOnlySpan<byte> text)
    {
        var end = Environment.TickCount64 + Patience;
        using (viewer)
        {
            while (!text.IsEmpty)
            {
                var entry = new PollFd { Fd = viewer.Number, Events = Libc.POLLOUT };
                if (Libc.poll(&entry, 1, (int)Math.Max(0, end - Environment.TickCount64)) <= 0)
                {
                    return;
                }

                fixed (byte* data = text)
                {
                    var count = Libc.send(viewer.Number, data, (nuint)text.Length, Libc.MSG_NOSIGNAL);
                    if (count < 0)
                    {
                        return;
                    }

                    text = text[(int)count..];
                }
            }
        }
    }
}
