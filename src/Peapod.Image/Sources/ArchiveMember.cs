using Microsoft.Win32.SafeHandles;

namespace Peapod.Image.Sources;

/// <summary>A range of a file as a stream; several may read at once.</summary>
internal sealed class ArchiveMember(SafeFileHandle file, long offset, long length) : Stream
{
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => position; set => position = value; }

    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, length - position);
        if (count <= 0)
        {
            return 0;
        }

        count = RandomAccess.Read(file, buffer[..count], offset + position);
        position += count;
        return count;
    }

    public override int Read(byte[] array, int start, int count) => Read(array.AsSpan(start, count));

    public override long Seek(long to, SeekOrigin origin) => position = origin switch
    {
        SeekOrigin.Begin => to,
        SeekOrigin.Current => position + to,
        _ => length + to,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] array, int start, int count) => throw new NotSupportedException();
}
