using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Peapod.HostTests.Image;

/// <summary>Writes tar archives byte by byte, hostile ones included, which no library would write.</summary>
internal sealed class TarBuilder
{
    private readonly List<byte> output = [];
    private int lastHeader;

    internal TarBuilder Add(
        string name, char type = '0', string content = "", string link = "", int mode = 0x1a4, long uid = 0, long gid = 0, long time = 1_700_000_000,
        int major = 0, int minor = 0, (string Name, byte[] Value)[]? attributes = null)
    {
        if (attributes is not null)
        {
            var records = new MemoryStream();
            foreach (var (key, value) in attributes)
            {
                WriteRecord(records, $"SCHILY.xattr.{key}", value);
            }

            WriteMember("pax", 'x', records.ToArray(), "", 0x1a4, 0, 0, 0, 0, 0);
        }

        if (Encoding.UTF8.GetByteCount(name) > 100)
        {
            WriteMember("././@LongLink", 'L', Encoding.UTF8.GetBytes(name + "\0"), "", 0, 0, 0, 0, 0, 0);
        }

        WriteMember(name, type, Encoding.UTF8.GetBytes(content), link, mode, uid, gid, time, major, minor);
        return this;
    }

    internal TarBuilder Directory(string name, int mode = 0x1ed, long uid = 0, long gid = 0) => Add(name, '5', mode: mode, uid: uid, gid: gid);

    internal TarBuilder Symlink(string name, string target) => Add(name, '2', link: target, mode: 0x1ff);

    internal TarBuilder HardLink(string name, string target) => Add(name, '1', link: target);

    internal TarBuilder RawName(byte[] name, string content)
    {
        WriteMember(name, '0', Encoding.UTF8.GetBytes(content), "", 0x1a4, 0, 0, 0, 0, 0);
        return this;
    }

    internal TarBuilder File(string name, byte[] content, int mode = 0x1a4)
    {
        WriteMember(name, '0', content, "", mode, 0, 0, 0, 0, 0);
        return this;
    }

    /// <summary>All files of a folder, sorted.</summary>
    internal static TarBuilder OfFolder(string folder, string prefix = "")
    {
        var tar = new TarBuilder();
        foreach (var path in System.IO.Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            tar.File(prefix + Path.GetRelativePath(folder, path), System.IO.File.ReadAllBytes(path));
        }

        return tar;
    }

    /// <summary>Overwrites a part of the last header and corrects its checksum.</summary>
    internal TarBuilder Overwrite(int offset, ReadOnlySpan<byte> value)
    {
        var header = output.GetRange(lastHeader, 512).ToArray();
        value.CopyTo(header.AsSpan(offset));
        Sign(header);
        output.RemoveRange(lastHeader, 512);
        output.InsertRange(lastHeader, header);
        return this;
    }

    internal byte[] Build() => [.. output, .. new byte[1024]];

    internal static byte[] Gzip(byte[] data)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(data);
        }

        return packed.ToArray();
    }

    private static void WriteRecord(MemoryStream records, string key, byte[] value)
    {
        var body = Encoding.UTF8.GetByteCount(key) + value.Length + 3;
        var length = body + 1;
        while (length != body + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length = body + length.ToString(CultureInfo.InvariantCulture).Length;
        }

        records.Write(Encoding.UTF8.GetBytes($"{length} {key}="));
        records.Write(value);
        records.WriteByte((byte)'\n');
    }

    private void WriteMember(string name, char type, byte[] content, string link, int mode, long uid, long gid, long time, int major, int minor) =>
        WriteMember(Encoding.UTF8.GetBytes(name), type, content, link, mode, uid, gid, time, major, minor);

    private void WriteMember(byte[] name, char type, byte[] content, string link, int mode, long uid, long gid, long time, int major, int minor)
    {
        var header = new byte[512];
        name.AsSpan(0, Math.Min(name.Length, 100)).CopyTo(header);
        Octal(header, 100, 8, mode);
        Octal(header, 108, 8, uid);
        Octal(header, 116, 8, gid);
        Octal(header, 124, 12, content.Length);
        Octal(header, 136, 12, time);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link).CopyTo(header, 157);
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        Octal(header, 329, 8, major);
        Octal(header, 337, 8, minor);
        Sign(header);
        lastHeader = output.Count;
        output.AddRange(header);
        output.AddRange(content);
        output.AddRange(new byte[(512 - (content.Length % 512)) % 512]);
    }

    private static void Sign(byte[] header)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        Octal(header, 148, 7, header.Sum(value => value));
    }

    private static void Octal(byte[] header, int offset, int length, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(length - 1, '0')).CopyTo(header, offset);
}
