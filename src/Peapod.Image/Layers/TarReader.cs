using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Layers;

/// <summary>
/// Reads a tar archive as a stream, with what layers use: ustar, GNU long names and big numbers, PAX headers with extended attributes.
/// System.Formats.Tar would read values and names as text; a security.capability is not text, and a file's name need not be.
/// </summary>
internal sealed class TarReader(Stream stream, string subject)
{
    private const int BlockSize = 512;
    private const int LongestHeader = 1 << 20;
    private static readonly byte[] ExtendedAttribute = "SCHILY.xattr."u8.ToArray();

    private readonly byte[] block = new byte[BlockSize];
    private long contentLeft;
    private long padding;

    /// <summary>The next member, or null at the end. Content of the one before that nobody read is skipped.</summary>
    /// <exception cref="ImageException">The archive is truncated or makes no sense.</exception>
    internal TarEntry? Next()
    {
        Skip(contentLeft + padding);
        contentLeft = padding = 0;

        byte[]? longName = null;
        byte[]? longLink = null;
        Pax? pax = null;
        while (ReadBlock(longName is not null || longLink is not null || pax is not null))
        {
            VerifyChecksum();
            var size = Number(124, 12, "size");
            var type = block[156];
            switch (type)
            {
                case (byte)'L':
                    longName = UntilNul(ReadHeaderContent(size));
                    continue;
                case (byte)'K':
                    longLink = UntilNul(ReadHeaderContent(size));
                    continue;
                case (byte)'x':
                    pax = Pax.Parse(ReadHeaderContent(size), this);
                    continue;
                case (byte)'g':
                    // Global headers carry remarks such as a commit's id; no layer depends on them.
                    ReadHeaderContent(size);
                    continue;
            }

            return Entry(type, size, longName, longLink, pax);
        }

        return null;
    }

    /// <summary>Some of the current member's content; 0 at its end.</summary>
    internal int Read(Span<byte> destination)
    {
        if (contentLeft == 0 || destination.IsEmpty)
        {
            return 0;
        }

        var count = stream.Read(destination[..(int)Math.Min(destination.Length, contentLeft)]);
        if (count == 0)
        {
            throw Bad("it ends in the middle of a file");
        }

        contentLeft -= count;
        return count;
    }

    private TarEntry Entry(byte type, long size, byte[]? longName, byte[]? longLink, Pax? pax)
    {
        var entry = new TarEntry
        {
            Name = pax?.Path ?? longName ?? HeaderName(),
            LinkName = pax?.LinkPath ?? longLink ?? UntilNul(block.AsSpan(157, 100)),
            Mode = (uint)(Number(100, 8, "mode") & 0xfff),
            Uid = Id(pax?.Uid ?? Number(108, 8, "uid"), "uid"),
            Gid = Id(pax?.Gid ?? Number(116, 8, "gid"), "gid"),
            ModifiedSeconds = pax?.ModifiedSeconds ?? Number(136, 12, "mtime"),
            ModifiedNanoseconds = pax?.ModifiedNanoseconds ?? 0,
        };
        size = pax?.Size ?? size;
        if (size is < 0 or > long.MaxValue - BlockSize)
        {
            throw Bad($"\"{Printable.Short(entry.Name)}\" has an impossible size");
        }

        if (entry.Name.Length == 0 || entry.Name.Contains((byte)0) || entry.LinkName.Contains((byte)0))
        {
            throw Bad("a member's name is empty or contains a NUL");
        }

        entry.Type = type switch
        {
            (byte)'0' or (byte)'7' => TarType.File,
            0 => entry.Name[^1] == (byte)'/' ? TarType.Directory : TarType.File,
            >= (byte)'1' and <= (byte)'6' => (TarType)type,
            (byte)'S' => throw Bad($"\"{Printable.Short(entry.Name)}\" is a GNU sparse file, which layers may not contain"),
            _ => throw Bad($"\"{Printable.Short(entry.Name)}\" is of type '{(char)type}', which layers may not contain"),
        };
        if (entry.Type is TarType.CharacterDevice or TarType.BlockDevice)
        {
            entry.DeviceMajor = DeviceNumber(Number(329, 8, "device major"));
            entry.DeviceMinor = DeviceNumber(Number(337, 8, "device minor"));
        }

        if (pax is not null)
        {
            entry.ExtendedAttributes.AddRange(pax.ExtendedAttributes);
        }

        // Only files have content; a size on anything else is a remark (the size of a link's target).
        entry.Size = entry.Type == TarType.File ? size : 0;
        contentLeft = entry.Size;
        padding = (BlockSize - (contentLeft % BlockSize)) % BlockSize;
        return entry;
    }

    private byte[] HeaderName()
    {
        var name = UntilNul(block.AsSpan(0, 100));
        if (!block.AsSpan(257, 6).SequenceEqual("ustar\0"u8) || block[345] == 0)
        {
            return name;
        }

        return [.. UntilNul(block.AsSpan(345, 155)), (byte)'/', .. name];
    }

    private uint Id(long value, string field) => value is >= 0 and < uint.MaxValue
        ? (uint)value
        : throw Bad($"a {field} of {value} is outside 0 to {uint.MaxValue - 1}");

    private uint DeviceNumber(long value) => value is >= 0 and <= 0xfffff ? (uint)value : throw Bad($"a device number of {value} is out of range");

    /// <summary>Octal digits between spaces and NULs, or GNU's base 256.</summary>
    private long Number(int offset, int length, string field)
    {
        var data = block.AsSpan(offset, length);
        if ((data[0] & 0x80) != 0)
        {
            var negative = (data[0] & 0x40) != 0;
            var value = negative ? -1L : 0;
            for (var i = 0; i < length; i++)
            {
                var digit = i == 0 ? (negative ? data[0] | 0x80 : data[0] & 0x7f) : data[i];
                if (value is > (long.MaxValue >> 8) or < (long.MinValue >> 8))
                {
                    throw Bad($"a {field} is too large");
                }

                value = (value << 8) | (uint)digit;
            }

            return value;
        }

        var text = data.Trim(" \0"u8);
        long result = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                throw Bad($"a {field} is not an octal number");
            }

            result = (result << 3) | (uint)(digit - '0');
        }

        return result;
    }

    private byte[] ReadHeaderContent(long size)
    {
        if (size is < 0 or > LongestHeader)
        {
            throw Bad($"an extended header of {size} bytes is longer than {LongestHeader}");
        }

        var content = new byte[size];
        ReadExactly(content);
        Skip((BlockSize - (size % BlockSize)) % BlockSize);
        return content;
    }

    /// <summary>False at the end: a block of zeros, or nothing more.</summary>
    private bool ReadBlock(bool inMember)
    {
        var count = stream.ReadAtLeast(block, BlockSize, throwOnEndOfStream: false);
        if ((count == 0 || (count == BlockSize && !block.AsSpan().ContainsAnyExcept((byte)0))) && !inMember)
        {
            return false;
        }

        return count == BlockSize ? true : throw Bad("it ends in the middle of a header");
    }

    private void VerifyChecksum()
    {
        var expected = Number(148, 8, "checksum");
        long unsigned = 0, signed = 0;
        for (var i = 0; i < BlockSize; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        if (expected != unsigned && expected != signed)
        {
            throw Bad("a header's checksum is wrong");
        }
    }

    private void Skip(long count)
    {
        if (count == 0)
        {
            return;
        }

        if (stream.CanSeek)
        {
            if (count > stream.Length - stream.Position)
            {
                throw Bad("it ends in the middle of a file");
            }

            stream.Seek(count, SeekOrigin.Current);
            return;
        }

        Span<byte> discarded = stackalloc byte[4096];
        while (count > 0)
        {
            var read = stream.Read(discarded[..(int)Math.Min(discarded.Length, count)]);
            if (read == 0)
            {
                throw Bad("it ends in the middle of a file");
            }

            count -= read;
        }
    }

    private void ReadExactly(Span<byte> destination)
    {
        if (stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length)
        {
            throw Bad("it ends in the middle of a header");
        }
    }

    private static byte[] UntilNul(ReadOnlySpan<byte> field)
    {
        var length = field.IndexOf((byte)0);
        return field[..(length < 0 ? field.Length : length)].ToArray();
    }

    private ImageException Bad(string reason) => new($"{subject}: not a usable tar archive: {reason}");

    /// <summary>The records of one PAX extended header. See pax(1), "pax Extended Header".</summary>
    private sealed class Pax
    {
        internal byte[]? Path { get; private set; }

        internal byte[]? LinkPath { get; private set; }

        internal long? Size { get; private set; }

        internal long? Uid { get; private set; }

        internal long? Gid { get; private set; }

        internal long? ModifiedSeconds { get; private set; }

        internal long? ModifiedNanoseconds { get; private set; }

        internal List<(byte[] Name, byte[] Value)> ExtendedAttributes { get; } = [];

        internal static Pax Parse(ReadOnlySpan<byte> data, TarReader reader)
        {
            var pax = new Pax();
            while (!data.IsEmpty)
            {
                // "length key=value\n", the length being that of the whole record.
                if (!Utf8Parser.TryParse(data, out int length, out var digits) || digits == 0 || length <= digits + 2 || length > data.Length
                    || data[digits] != (byte)' ' || data[length - 1] != (byte)'\n')
                {
                    throw reader.Bad("a PAX header is malformed");
                }

                var record = data[(digits + 1)..(length - 1)];
                data = data[length..];
                var equals = record.IndexOf((byte)'=');
                if (equals <= 0)
                {
                    throw reader.Bad("a PAX header is malformed");
                }

                pax.Add(record[..equals], record[(equals + 1)..], reader);
            }

            return pax;
        }

        private void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, TarReader reader)
        {
            if (key.StartsWith(ExtendedAttribute))
            {
                ExtendedAttributes.Add((key[ExtendedAttribute.Length..].ToArray(), value.ToArray()));
            }
            else if (key.StartsWith("GNU.sparse."u8))
            {
                throw reader.Bad("it contains a GNU sparse file, which layers may not");
            }
            else if (key.SequenceEqual("path"u8))
            {
                Path = value.ToArray();
            }
            else if (key.SequenceEqual("linkpath"u8))
            {
                LinkPath = value.ToArray();
            }
            else if (key.SequenceEqual("size"u8))
            {
                Size = Decimal(value, reader);
            }
            else if (key.SequenceEqual("uid"u8))
            {
                Uid = Decimal(value, reader);
            }
            else if (key.SequenceEqual("gid"u8))
            {
                Gid = Decimal(value, reader);
            }
            else if (key.SequenceEqual("mtime"u8))
            {
                Time(value, reader);
            }
        }

        private void Time(ReadOnlySpan<byte> value, TarReader reader)
        {
            if (!decimal.TryParse(Encoding.ASCII.GetString(value), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
                || time is > long.MaxValue or < long.MinValue)
            {
                throw reader.Bad("a PAX header's mtime is not a number");
            }

            var seconds = Math.Floor(time);
            ModifiedSeconds = (long)seconds;
            ModifiedNanoseconds = (long)((time - seconds) * 1_000_000_000);
        }

        private static long Decimal(ReadOnlySpan<byte> value, TarReader reader) =>
            Utf8Parser.TryParse(value, out long number, out var used) && used == value.Length ? number : throw reader.Bad("a number in a PAX header is not one");
    }
}
