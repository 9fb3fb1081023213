using System.Formats.Tar;

namespace Peapod.Image.Saving;

/// <summary>A tar archive, the same for the same images.</summary>
public sealed class ArchiveTarget(Stream output) : ISaveTarget, IDisposable
{
    /// <summary>Eleven octal digits.</summary>
    private const long LargestPlain = (8L << 30) - 1;

    private readonly TarWriter tar = new(output, TarEntryFormat.Pax, leaveOpen: true);

    /// <summary>Ends the archive.</summary>
    public void Dispose() => tar.Dispose();

    public void Write(string name, Stream content, long size)
    {
        using var sized = new SizedStream(content, size);

        // The extended headers of the other format carry the number of this process.
        TarEntry entry = size <= LargestPlain ? new UstarTarEntry(TarEntryType.RegularFile, name) : new PaxTarEntry(TarEntryType.RegularFile, name);
        entry.Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        entry.DataStream = sized;
        tar.WriteEntry(entry);
    }

    /// <summary>A stream that says how long it is; the writer of archives asks.</summary>
    private sealed class SizedStream(Stream inner, long size) : Stream
    {
        private long position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => size;

        public override long Position { get => position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = inner.Read(buffer, offset, count);
            position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
