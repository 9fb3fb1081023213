using System.Runtime.ExceptionServices;

namespace Peapod.Image.Layers;

/// <summary>
/// Reads another stream on a thread of its own, some buffers ahead of whoever reads this one: a layer comes, is decompressed and is unpacked at once.
/// Owns the other stream, and leaves it alone once it is disposed.
/// </summary>
internal sealed class ReadAhead : Stream
{
    private const int BufferSize = 128 << 10;
    private const int Buffers = 8;

    private readonly Stream inner;
    private readonly Thread reader;
    private readonly byte[][] buffers = new byte[Buffers][];
    private readonly int[] lengths = new int[Buffers];
    private readonly object access = new();
    private long filled;
    private long emptied;
    private int used;
    private bool stopped;
    private bool ended;
    private Exception? failure;

    internal ReadAhead(Stream inner)
    {
        this.inner = inner;
        reader = new(Run) { IsBackground = true, Name = "read ahead" };
        reader.Start();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return 0;
        }

        lock (access)
        {
            while (filled == emptied && !ended)
            {
                Monitor.Wait(access);
            }

            if (filled == emptied)
            {
                if (failure is not null)
                {
                    ExceptionDispatchInfo.Throw(failure);
                }

                return 0;
            }
        }

        // The other thread does not touch a filled buffer.
        var slot = (int)(emptied % Buffers);
        var count = Math.Min(destination.Length, lengths[slot] - used);
        buffers[slot].AsSpan(used, count).CopyTo(destination);
        used += count;
        if (used == lengths[slot])
        {
            used = 0;
            lock (access)
            {
                emptied++;
                Monitor.PulseAll(access);
            }
        }

        return count;
    }

    public override int Read(byte[] array, int offset, int count) => Read(array.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] array, int offset, int count) => throw new NotSupportedException();

    /// <summary>Waits until the other stream is not being read any more.</summary>
    protected override void Dispose(bool disposing)
    {
        lock (access)
        {
            stopped = true;
            Monitor.PulseAll(access);
        }

        reader.Join();
        inner.Dispose();
        base.Dispose(disposing);
    }

    private void Run()
    {
        try
        {
            for (var slot = 0; Await(); slot = (slot + 1) % Buffers)
            {
                var count = inner.Read(buffers[slot] ??= new byte[BufferSize], 0, BufferSize);
                if (count == 0)
                {
                    break;
                }

                lock (access)
                {
                    lengths[slot] = count;
                    filled++;
                    Monitor.PulseAll(access);
                }
            }
        }
        catch (Exception error)
        {
            // Whoever reads is told.
            failure = error;
        }

        lock (access)
        {
            ended = true;
            Monitor.PulseAll(access);
        }
    }

    /// <summary>Waits for an empty buffer; false when no more is wanted.</summary>
    private bool Await()
    {
        lock (access)
        {
            while (filled - emptied == Buffers && !stopped)
            {
                Monitor.Wait(access);
            }

            return !stopped;
        }
    }
}
