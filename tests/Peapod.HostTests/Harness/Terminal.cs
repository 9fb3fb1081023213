using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.HostTests.Harness;

/// <summary>The master side of a pseudo-terminal: what a person sees and types.</summary>
internal sealed unsafe class Terminal : IDisposable
{
    private readonly SafeFd master;
    private readonly StringBuilder seen = new();
    private readonly Thread reader;
    private volatile bool closing;

    private Terminal(SafeFd master)
    {
        this.master = master;
        reader = new Thread(Read) { IsBackground = true };
        reader.Start();
    }

    /// <summary>What was written to it so far, line ends as the terminal makes them.</summary>
    internal string Text
    {
        get
        {
            lock (seen)
            {
                return seen.ToString();
            }
        }
    }

    /// <summary>A terminal of the host, of that size.</summary>
    internal static Terminal Open(ushort rows, ushort columns)
    {
        var master = FileSystem.Open("/dev/ptmx", Libc.O_RDWR | Libc.O_NOCTTY);
        var unlock = 0;
        KernelException.Check(Libc.ioctl(master.Number, Libc.TIOCSPTLCK, &unlock), "ioctl");
        var terminal = new Terminal(master);
        terminal.Resize(rows, columns);
        return terminal;
    }

    /// <summary>Takes the terminal that <paramref name="act"/> sends to the socket whose path it is given, as conmon and containerd do.</summary>
    internal static Terminal Receive(string folder, Action<string> act)
    {
        var (text, descriptor) = DescriptorSocket.Receive(folder, act);
        Assert.Equal("/dev/ptmx", text);
        return new Terminal(descriptor);
    }

    internal string SlavePath
    {
        get
        {
            int number;
            KernelException.Check(Libc.ioctl(master.Number, Libc.TIOCGPTN, &number), "ioctl");
            return $"/dev/pts/{number}";
        }
    }

    /// <summary>The flags that raw mode changes: input, output, control, local.</summary>
    internal (uint Input, uint Output, uint Control, uint Local) Modes
    {
        get
        {
            KernelTermios settings;
            KernelException.Check(Libc.ioctl(master.Number, Libc.TCGETS, &settings), "ioctl");
            return (settings.Input, settings.Output, settings.Control, settings.Local);
        }
    }

    internal void Resize(ushort rows, ushort columns)
    {
        var size = new WinSize { Rows = rows, Columns = columns };
        KernelException.Check(Libc.ioctl(master.Number, Libc.TIOCSWINSZ, &size), "ioctl");
    }

    internal void Type(string text) => FileSystem.Write(master, Encoding.UTF8.GetBytes(text));

    internal void WaitFor(string text)
    {
        for (var tries = 0; tries < 250 && !Text.Contains(text, StringComparison.Ordinal); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.True(Text.Contains(text, StringComparison.Ordinal), $"\"{text}\" is not in: {Text}");
    }

    /// <summary>Starts a command in a session of its own on this terminal.</summary>
    internal System.Diagnostics.Process Start(string executable, params string[] arguments) => System.Diagnostics.Process.Start(
        "sh", ["-c", "exec setsid --ctty --wait \"$@\" <\"$0\" >\"$0\" 2>\"$0\"", SlavePath, executable, .. arguments]);

    public void Dispose()
    {
        closing = true;
        reader.Join();
        master.Dispose();
    }

    private void Read()
    {
        Span<byte> buffer = stackalloc byte[4096];
        while (!closing)
        {
            var entry = new PollFd { Fd = master.Number, Events = Libc.POLLIN };
            if (Libc.poll(&entry, 1, 100) <= 0)
            {
                continue;
            }

            int count;
            fixed (byte* pointer = buffer)
            {
                count = (int)Libc.read(master.Number, pointer, (nuint)buffer.Length);
            }

            if (count <= 0)
            {
                return;
            }

            lock (seen)
            {
                seen.Append(Encoding.UTF8.GetString(buffer[..count]));
            }
        }
    }
}
