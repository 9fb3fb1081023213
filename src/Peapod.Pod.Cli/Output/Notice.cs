using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Pod.Cli.Output;

/// <summary>A line on a terminal that tells what is waited for, and goes when that is over; nothing anywhere else.</summary>
internal sealed class Notice : IDisposable
{
    private const string EraseLine = "\r\u001b[K";
    private readonly bool isShown = Libc.isatty(2) == 1;

    internal static Notice Show(string text)
    {
        var notice = new Notice();
        if (notice.isShown)
        {
            Console.Error.Write(Printable.Line(text));
        }

        return notice;
    }

    public void Dispose()
    {
        if (isShown)
        {
            DescriptorWriter.Error.WriteAsIs(EraseLine);
        }
    }
}
