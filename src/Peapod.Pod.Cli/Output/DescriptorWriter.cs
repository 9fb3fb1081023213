using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Pod.Cli.Output;

/// <summary>
/// Standard output or error as it is. What .NET's console would put there reads the terminal's description at the first word that is printed,
/// and switches the terminal's keypad, for who sits at a container's terminal too.
/// </summary>
internal sealed class DescriptorWriter(int descriptor) : TextWriter
{
    private readonly SafeFd target = SafeFd.Borrow(descriptor);

    public override Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>In place of the console's writers.</summary>
    internal static void Install()
    {
        Console.SetOut(new DescriptorWriter(1));
        Console.SetError(new DescriptorWriter(2));
    }

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        var bytes = new byte[Encoding.GetMaxByteCount(buffer.Length)];
        var count = Encoding.GetBytes(buffer, bytes);
        try
        {
            FileSystem.Write(target, bytes.AsSpan(0, count));
        }
        catch (KernelException e) when (e.Error == Errno.EPIPE)
        {
            // Who reads has enough: as with SIGPIPE, there is nobody to tell.
        }
    }

    public override void WriteLine(string? value) => Write($"{value}\n");

    public override void WriteLine() => Write("\n");
}
