using System.Text;

namespace Peapod.Cli;

/// <summary>Standard output for the library that prints help: what .NET's console has there ends the process when it cannot be written.</summary>
internal sealed class OutputWriter : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Output.Write(Encoding.UTF8.GetBytes(buffer.ToArray()));
}
