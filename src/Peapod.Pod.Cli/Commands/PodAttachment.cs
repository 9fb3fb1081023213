using System.Runtime.InteropServices;
using Peapod.Container.Foreground;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Cli.Logs;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Layout;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary>Joins this process's terminal, or its standard input, with a container's, until that ends.</summary>
internal static unsafe class PodAttachment
{
    private static readonly SafeFd StandardOutput = SafeFd.Borrow(1);

    private static ReadOnlySpan<byte> EndOfTransmission => "\u0004"u8;

    /// <summary>A process's exit code, and on standard error why its output did not get through, which is an error, too.</summary>
    internal static int Told(Attachment attachment, ExitStatus status)
    {
        if (attachment.OutputFailure is not { } failure)
        {
            return status.Reported;
        }

        Report.Error(failure);
        return Math.Max(1, status.Reported);
    }

    /// <param name="attached">What <see cref="SupervisorProcess.Attach"/> returned.</param>
    /// <param name="keys">What is typed to leave a terminal; null for nothing.</param>
    /// <param name="fromNow">What the container has written before is not shown.</param>
    /// <returns>False when the terminal was left: the container goes on.</returns>
    internal static bool Join(PodFolders folders, string container, IReadOnlyList<SafeFd> attached, DetachKeys? keys, bool fromNow = false)
    {
        if (attached is [var master, var output])
        {
            return JoinTerminal(master, output, keys);
        }

        // Before the container can answer what it is sent.
        var follower = LogFollower.Open(folders, container, fromNow);
        if (attached is [var input])
        {
            new Thread(() => CopyInput(input)) { IsBackground = true }.Start();
        }

        LogFollower.Print([follower], follow: true);
        return true;
    }

    private static bool JoinTerminal(SafeFd master, SafeFd output, DetachKeys? keys)
    {
        using var signals = SignalPipe.Open(Signals.SIGWINCH);
        RawMode.CopySizeOfCallers(master);
        using var raw = RawMode.TryEnter(0);
        var typing = true;
        var buffer = stackalloc byte[16384];
        var numbers = stackalloc byte[16];
        var entries = stackalloc PollFd[3];
        while (true)
        {
            entries[0] = new() { Fd = output.Number, Events = Libc.POLLIN };
            entries[1] = new() { Fd = typing ? 0 : -1, Events = Libc.POLLIN };
            entries[2] = new() { Fd = signals.Reader.Number, Events = Libc.POLLIN };
            if (Libc.poll(entries, 3, -1) < 0)
            {
                continue;
            }

            if (entries[2].ReturnedEvents != 0 && signals.Read(new Span<byte>(numbers, 16)) > 0)
            {
                RawMode.CopySizeOfCallers(master);
            }

            if (entries[1].ReturnedEvents != 0)
            {
                var count = Libc.read(0, buffer, 16384);
                typing = count > 0;

                // At the end of what is typed the container's program shall see an end, too.
                var typed = count > 0 ? new ReadOnlySpan<byte>(buffer, (int)count) : EndOfTransmission;
                Send(master, keys is not null && typing ? keys.Filter(typed) : typed);
                if (keys is { IsComplete: true })
                {
                    return false;
                }
            }

            if (entries[0].ReturnedEvents != 0)
            {
                var count = Libc.read(output.Number, buffer, 16384);
                if (count > 0)
                {
                    FileSystem.Write(StandardOutput, new ReadOnlySpan<byte>(buffer, (int)count), DescriptorWriter.StandardOutput);
                }
                else if (count == 0 || Marshal.GetLastPInvokeError() is not ((int)Errno.EAGAIN or (int)Errno.EINTR))
                {
                    return true;
                }
            }
        }
    }

    private static void CopyInput(SafeFd target)
    {
        var buffer = stackalloc byte[4096];
        nint count;
        while ((count = Libc.read(0, buffer, 4096)) > 0)
        {
            Send(target, new ReadOnlySpan<byte>(buffer, (int)count));
        }

        target.Dispose();
    }

    private static void Send(SafeFd target, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            fixed (byte* bytes = data)
            {
                var count = Libc.write(target.Number, bytes, (nuint)data.Length);
                if (count > 0)
                {
                    data = data[(int)count..];
                    continue;
                }
            }

            if (Marshal.GetLastPInvokeError() != (int)Errno.EAGAIN)
            {
                return;
            }

            var entry = new PollFd { Fd = target.Number, Events = Libc.POLLOUT };
            Libc.poll(&entry, 1, -1);
        }
    }
}
