using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;

namespace Peapod.Pod.Cli.Output;

/// <summary>
/// Standard output or error as it is. What .NET's console would put there reads the terminal's description at the first word that is printed,
/// and switches the terminal's keypad, for who sits at a container's terminal too.
/// It is the one way out for all that a command prints: what others have written loses its power over the terminal here.
/// </summary>
internal sealed class DescriptorWriter : TextWriter
{
    /// <summary>What a failure to write there is about.</summary>
    internal const string StandardOutput = "standard output";

    private const int StandardError = 2;

    private readonly int descriptor;
    private readonly SafeFd target;

    private DescriptorWriter(int descriptor)
    {
        this.descriptor = descriptor;
        target = SafeFd.Borrow(descriptor);
    }

    internal static DescriptorWriter Output { get; } = new(1);

    internal static DescriptorWriter Error { get; } = new(StandardError);

    public override Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>In place of the console's writers.</summary>
    internal static void Install()
    {
        Console.SetOut(Output);
        InstallForErrors();
    }

    /// <summary>For standard error alone: a supervisor's is a file, which may be on a full disk.</summary>
    internal static void InstallForErrors() => Console.SetError(Error);

    /// <summary>Who read has enough, of which there is nobody to tell.</summary>
    internal static bool HasNoReader(Exception e) => e is KernelException { Error: Errno.EPIPE, Subject: StandardOutput };

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer) => WriteAsIs(Printable.Text(buffer.ToString()));

    public override void WriteLine(string? value) => Write($"{value}\n");

    public override void WriteLine() => Write("\n");

    /// <summary>Writes our own colours and movements, with nothing of others' in it that is not printable already.</summary>
    internal void WriteAsIs(ReadOnlySpan<char> buffer)
    {
        var bytes = new byte[Encoding.GetMaxByteCount(buffer.Length)];
        var count = Encoding.GetBytes(buffer, bytes);
        try
        {
            FileSystem.Write(target, bytes.AsSpan(0, count), StandardOutput);
        }
        catch (KernelException) when (descriptor == StandardError)
        {
            // There is nobody to tell.
        }
    }
}
