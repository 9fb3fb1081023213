using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Cli;

/// <summary>Standard output and standard error by write(2): setting up System.Console costs more than most commands.</summary>
internal static class Output
{
    private static readonly SafeFd StandardOutput = SafeFd.Borrow(1);
    private static readonly SafeFd StandardError = SafeFd.Borrow(2);

    internal static void Line(string text) => Write(Encoding.UTF8.GetBytes(text + "\n"));

    internal static void Write(ReadOnlySpan<byte> bytes) => FileSystem.Write(StandardOutput, bytes, "standard output");

    internal static void Error(string text)
    {
        try
        {
            FileSystem.Write(StandardError, Encoding.UTF8.GetBytes(text + "\n"));
        }
        catch (KernelException)
        {
            // Nobody listens on standard error: the exit code has to say it alone.
        }
    }
}
