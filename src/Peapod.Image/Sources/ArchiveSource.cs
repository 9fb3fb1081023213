using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Peapod.Image.Layers;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Sources;

/// <summary>An image layout, or what <c>docker save</c> writes, in a tar archive: read once for its table of contents, then by offset.</summary>
internal sealed class ArchiveSource : ImageSource
{
    private const int LargestCount = 100_000;
    private const int LongestName = 512;
    private const int MaximumLinks = 8;

    private readonly SafeFileHandle file;
    private readonly string path;
    private readonly Dictionary<string, (long Offset, long Length)> files = [];
    private readonly Dictionary<string, string> links = [];

    private ArchiveSource(SafeFileHandle file, string path)
    {
        this.file = file;
        this.path = path;
    }

    internal override string Path => path;

    /// <summary>Takes <paramref name="file"/>; a gzipped archive is unpacked into a nameless file in <paramref name="staging"/> first.</summary>
    internal static ArchiveSource Open(SafeFd file, string path, SafeFd staging, LoadLimits limits)
    {
        var handle = file.Detach();
        try
        {
            Span<byte> magic = stackalloc byte[2];
            if (RandomAccess.Read(handle, magic, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b)
            {
                using var packed = new FileStream(handle, FileAccess.Read, bufferSize: 0);
                handle = Unpack(packed, staging, path, limits.LayerBytes);
            }

            var source = new ArchiveSource(handle, path);
            source.ReadContents();
            return source;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    internal override Stream? TryOpen(string name, out long length)
    {
        for (var i = 0; i < MaximumLinks && links.TryGetValue(name, out var target); i++)
        {
            name = target;
        }

        if (!files.TryGetValue(name, out var place))
        {
            length = 0;
            return null;
        }

        length = place.Length;
        return new ArchiveMember(file, place.Offset, place.Length);
    }

    protected override void Dispose(bool disposing) => file.Dispose();

    private void ReadContents()
    {
        using var stream = new ArchiveMember(file, 0, RandomAccess.GetLength(file));
        var tar = new TarReader(stream, path);
        var count = 0;
        while (tar.Next() is { } entry)
        {
            if (++count > LargestCount)
            {
                throw new ImageException($"{path}: an image's archive with more than {LargestCount} files is refused");
            }

            // No file of an image has a long name, and all that are kept are kept in memory.
            if (!EntryName.TryClean(entry.Name, out var clean) || clean.Length is 0 or > LongestName)
            {
                continue;
            }

            var name = Encoding.UTF8.GetString(clean);
            switch (entry.Type)
            {
                case TarType.File when !files.TryAdd(name, (stream.Position, entry.Size)):
                    throw new ImageException($"{path}: ambiguous: it contains {Printable.Short(name)} twice");
                case TarType.HardLink when EntryName.TryClean(entry.LinkName, out var target):
                    links[name] = Encoding.UTF8.GetString(target);
                    break;
                case TarType.SymbolicLink when EntryName.TryClean([.. EntryName.Parent(clean), (byte)'/', .. entry.LinkName], out var target):
                    links[name] = Encoding.UTF8.GetString(target);
                    break;
            }
        }
    }

    private static SafeFileHandle Unpack(FileStream packed, SafeFd staging, string path, long limit)
    {
        using var file = FileSystem.OpenAt(staging, "archive", Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, 0x180);
        FileSystem.Remove(staging, "archive", 0);
        try
        {
            using var gzip = new GZipStream(packed, CompressionMode.Decompress);
            var buffer = new byte[128 << 10];
            long length = 0;
            for (int count; (count = gzip.Read(buffer)) > 0;)
            {
                length += count;
                if (length > limit)
                {
                    throw new ImageException($"{path}: more than {limit} bytes, unpacked");
                }

                FileSystem.Write(file, buffer.AsSpan(0, count), path);
            }
        }
        catch (InvalidDataException error)
        {
            throw new ImageException($"{path}: damaged gzip data", error);
        }

        return file.Detach();
    }
}
