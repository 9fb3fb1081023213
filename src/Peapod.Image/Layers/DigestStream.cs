using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Image.Layers;

/// <summary>
/// Reads another stream, hashing and counting what comes, and copying it to a file when asked to.
/// Buffers, so that small reads above it cost no call below it.
/// </summary>
internal sealed class DigestStream(Stream inner, long limit, string subject, SafeFd? copy = null, Action<long>? progress = null) : Stream
{
    private readonly Sha256 hash = new();
    private readonly byte[] buffer = new byte[128 << 10];
    private int start;
    private int end;
    private bool ended;

    /// <summary>Bytes read from below so far.</summary>
    internal long Count { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> destination)
    {
        if (destination.IsEmpty || (start == end && !Fill()))
        {
            return 0;
        }

        var count = Math.Min(destination.Length, end - start);
        buffer.AsSpan(start, count).CopyTo(destination);
        start += count;
        return count;
    }

    public override int Read(byte[] array, int offset, int count) => Read(array.AsSpan(offset, count));

    /// <summary>Reads what is left and returns the digest of everything.</summary>
    internal Digest Finish()
    {
        start = end;
        while (Fill())
        {
            start = end;
        }

        return Digest.OfHash(hash.End());
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] array, int offset, int count) => throw new NotSupportedException();

    private bool Fill()
    {
        if (ended)
        {
            return false;
        }

        start = 0;
        end = inner.Read(buffer, 0, buffer.Length);
        if (end == 0)
        {
            ended = true;
            return false;
        }

        Count += end;
        if (Count > limit)
        {
            throw new ImageException($"{subject}: it has more than {limit} bytes");
        }

        var data = buffer.AsSpan(0, end);
        hash.Add(data);
        if (copy is not null)
        {
            FileSystem.Write(copy, data, subject);
        }

        progress?.Invoke(Count);
        return true;
    }
}
