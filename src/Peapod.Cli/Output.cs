using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;

namespace Peapod.Cli;

/// <summary>
/// Standard output and standard error by write(2): setting up System.Console costs more than most commands. It is the one way out for all
/// that a command prints: what others have written loses its power over the terminal here.
/// </summary>
internal static class Output
{
    private const string Name = "standard output";

    private static readonly SafeFd StandardOutput = SafeFd.Borrow(1);
    private static readonly SafeFd StandardError = SafeFd.Borrow(2);

    internal static void Line(string text) => Write(Encoding.UTF8.GetBytes(text + "\n"));

    internal static void Write(ReadOnlySpan<byte> bytes) => FileSystem.Write(StandardOutput, Printable.Utf8(bytes), Name);

    /// <summary>Who read has enough, of which there is nobody to tell.</summary>
    internal static bool HasNoReader(KernelException e) => e is { Error: Errno.EPIPE, Subject: Name };

    internal static void Error(string text)
    {
        try
        {
            FileSystem.Write(StandardError, Printable.Utf8(Encoding.UTF8.GetBytes(text + "\n")));
        }
        catch (KernelException)
        {
            // Nobody listens on standard error: the exit code has to say it alone.
        }
    }
}
