using System.Globalization;
using System.Text;
using Peapod.HostTests.Image;
using Peapod.Image;
using Peapod.Image.Layers;

namespace Peapod.UnitTests.Image;

public sealed class TarReaderTests
{
    private const string Bad = "layer: not a usable tar archive: ";

    [Fact]
    public void A_ustar_member_is_read_with_all_its_fields()
    {
        var tar = Open(new TarBuilder().Add("etc/motd", content: "hello", mode: 0x9a4, uid: 1000, gid: 100, time: 1234567890).Directory("etc/").Symlink("l", "to").HardLink("h", "etc/motd"));

        var file = tar.Next()!;
        Assert.Equal(("etc/motd", TarType.File, 5L), (Text(file.Name), file.Type, file.Size));
        Assert.Equal((0x9a4u, 1000u, 100u, 1234567890L, 0L), (file.Mode, file.Uid, file.Gid, file.ModifiedSeconds, file.ModifiedNanoseconds));
        Assert.Equal("hello", Content(tar));
        Assert.Equal(TarType.Directory, tar.Next()!.Type);
        var link = tar.Next()!;
        Assert.Equal((TarType.SymbolicLink, "to"), (link.Type, Text(link.LinkName)));
        var hardLink = tar.Next()!;
        Assert.Equal((TarType.HardLink, "etc/motd"), (hardLink.Type, Text(hardLink.LinkName)));
        Assert.Null(tar.Next());
    }

    [Fact]
    public void Content_that_nobody_reads_is_passed_over()
    {
        var tar = Open(new TarBuilder().Add("a", content: new string('x', 10_000)).Add("b", content: "b"));

        tar.Next();
        Assert.Equal("b", Text(tar.Next()!.Name));
        Assert.Equal("b", Content(tar));
    }

    [Fact]
    public void A_ustar_prefix_comes_before_the_name()
    {
        Assert.Equal("usr/share/doc", Name(new TarBuilder().Add("doc").Overwrite(345, "usr/share"u8)));
        Assert.Equal("doc", Name(new TarBuilder().Add("doc").Overwrite(257, "ustar  \0"u8).Overwrite(345, "12345670123"u8)));
    }

    [Fact]
    public void A_name_may_fill_its_field_without_an_end() =>
        Assert.Equal(new string('n', 100), Name(new TarBuilder().Add(new string('n', 100))));

    [Fact]
    public void GNU_long_names_and_link_targets_take_the_place_of_the_short_ones()
    {
        var name = new string('n', 3000);
        var entry = Open(new TarBuilder().Add("././@LongLink", 'K', "target\0").Add("././@LongLink", 'L', name + "\0").Symlink("short", "short")).Next()!;

        Assert.Equal((name, "target"), (Text(entry.Name), Text(entry.LinkName)));
    }

    [Fact]
    public void PAX_records_come_before_everything_else()
    {
        var records = Record("path", "päth") + Record("linkpath", "länk") + Record("uid", "3000000000") + Record("gid", "7") + Record("mtime", "-1.25")
            + Record("comment", "with = and\nline end") + Record("SCHILY.xattr.user.x", "1");
        var entry = Open(new TarBuilder().Add("x", 'x', records).Add("././@LongLink", 'L', "gnu\0").Symlink("short", "short")).Next()!;

        Assert.Equal(("päth", "länk", 3_000_000_000u, 7u), (Text(entry.Name), Text(entry.LinkName), entry.Uid, entry.Gid));
        Assert.Equal((-2L, 750_000_000L), (entry.ModifiedSeconds, entry.ModifiedNanoseconds));
        var (key, value) = Assert.Single(entry.ExtendedAttributes);
        Assert.Equal(("user.x", "1"), (Text(key), Text(value)));
    }

    [Fact]
    public void PAX_records_hold_for_one_member_only()
    {
        var tar = Open(new TarBuilder().Add("x", 'x', Record("path", "one")).Add("short").Add("two"));

        Assert.Equal("one", Text(tar.Next()!.Name));
        Assert.Equal("two", Text(tar.Next()!.Name));
    }

    [Fact]
    public void A_PAX_size_decides_how_much_content_there_is()
    {
        var tar = Open(new TarBuilder().Add("x", 'x', Record("size", "3")).Add("a", content: "abc").Overwrite(124, "00000000000\0"u8).Add("b"));

        Assert.Equal(3, tar.Next()!.Size);
        Assert.Equal("abc", Content(tar));
        Assert.Equal("b", Text(tar.Next()!.Name));
    }

    [Fact]
    public void Global_PAX_headers_are_passed_over() => Assert.Equal("a", Name(new TarBuilder().Add("g", 'g', Record("path", "b")).Add("a")));

    [Theory]
    [InlineData(new byte[] { 0x80, 0, 0, 0, 0, 0, 0x40, 0 }, 0x4000u)]
    [InlineData(new byte[] { 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe }, 0xfffffffeu)]
    public void Base_256_numbers_are_read(byte[] field, uint uid) => Assert.Equal(uid, Open(new TarBuilder().Add("a").Overwrite(108, field)).Next()!.Uid);

    [Fact]
    public void Negative_base_256_times_lie_before_the_epoch() => Assert.Equal(
        -2, Open(new TarBuilder().Add("a").Overwrite(136, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe])).Next()!.ModifiedSeconds);

    [Theory]
    [InlineData(108, new byte[] { 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, "a uid of 4294967295 is outside 0 to 4294967294")]
    [InlineData(116, new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, "a gid of -1 is outside 0 to 4294967294")]
    [InlineData(124, new byte[] { 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, "a size is too large")]
    [InlineData(124, new byte[] { 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0 }, "a size is too large")]
    [InlineData(124, new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, "\"a\" has an impossible size")]
    [InlineData(124, new byte[] { 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, "\"a\" has an impossible size")]
    [InlineData(100, new byte[] { (byte)'8' }, "a mode is not an octal number")]
    [InlineData(136, new byte[] { (byte)'-', (byte)'1' }, "a mtime is not an octal number")]
    [InlineData(0, new byte[] { 0 }, "a member's name is empty or contains a NUL")]
    [InlineData(156, new byte[] { (byte)'S' }, "\"a\" is a GNU sparse file, which layers may not contain")]
    [InlineData(156, new byte[] { (byte)'M' }, "\"a\" is of type 'M', which layers may not contain")]
    public void Header_that_makes_no_sense_is_refused(int offset, byte[] value, string reason) =>
        Assert.Equal(Bad + reason, Refused(new TarBuilder().Add("a").Overwrite(offset, value)));

    [Fact]
    public void Number_may_be_empty_or_padded_with_spaces()
    {
        var entry = Open(new TarBuilder().Add("a").Overwrite(108, new byte[8]).Overwrite(116, "   17 \0 "u8)).Next()!;

        Assert.Equal((0u, 15u), (entry.Uid, entry.Gid));
    }

    [Theory]
    [InlineData("path=x\n")]
    [InlineData("9 path=x")]
    [InlineData("99 path=x\n")]
    [InlineData("9 path=xy\n")]
    [InlineData("10 path=x\n\n")]
    [InlineData("3 \n")]
    [InlineData("4 =\n")]
    [InlineData("7 nope\n")]
    [InlineData("-9 path=x\n")]
    [InlineData("0 path=x\n")]
    [InlineData("99999999999999999999 path=x\n")]
    public void Malformed_PAX_header_is_refused(string records) =>
        Assert.Equal(Bad + "a PAX header is malformed", Refused(new TarBuilder().Add("x", 'x', records).Add("a")));

    [Theory]
    [InlineData("size", "1e3", "a number in a PAX header is not one")]
    [InlineData("size", "", "a number in a PAX header is not one")]
    [InlineData("uid", "99999999999999999999", "a number in a PAX header is not one")]
    [InlineData("uid", "4294967295", "a uid of 4294967295 is outside 0 to 4294967294")]
    [InlineData("gid", "-1", "a gid of -1 is outside 0 to 4294967294")]
    [InlineData("size", "-1", "\"a\" has an impossible size")]
    [InlineData("size", "9223372036854775807", "\"a\" has an impossible size")]
    [InlineData("mtime", "today", "a PAX header's mtime is not a number")]
    [InlineData("mtime", "99999999999999999999", "a PAX header's mtime is not a number")]
    [InlineData("path", "a\0b", "a member's name is empty or contains a NUL")]
    [InlineData("path", "", "a member's name is empty or contains a NUL")]
    [InlineData("linkpath", "a\0b", "a member's name is empty or contains a NUL")]
    [InlineData("GNU.sparse.major", "1", "it contains a GNU sparse file, which layers may not")]
    public void PAX_value_that_makes_no_sense_is_refused(string key, string value, string reason) =>
        Assert.Equal(Bad + reason, Refused(new TarBuilder().Add("x", 'x', Record(key, value)).Add("a")));

    [Fact]
    public void Extended_header_has_a_limit_and_is_not_allocated_beyond_it()
    {
        var huge = new TarBuilder().Add("x", 'x').Overwrite(124, "77777777777\0"u8);

        Assert.Equal(Bad + "an extended header of 8589934591 bytes is longer than 1048576", Refused(huge));
    }

    [Theory]
    [InlineData(100, "it ends in the middle of a header")]
    [InlineData(511, "it ends in the middle of a header")]
    [InlineData(512, "it ends in the middle of a file")]
    [InlineData(1000, "it ends in the middle of a file")]
    [InlineData(1535, "it ends in the middle of a file")]
    public void Truncated_archive_is_refused_whether_it_is_a_file_or_a_stream(int length, string reason)
    {
        var archive = new TarBuilder().Add("a", content: new string('x', 1000)).Build()[..length];

        Assert.Equal(Bad + reason, Refused(new TarReader(new MemoryStream(archive), "layer")));
        Assert.Equal(Bad + reason, Refused(new TarReader(new Unseekable(archive), "layer")));
    }

    [Fact]
    public void Reading_content_that_was_cut_off_is_refused()
    {
        var tar = new TarReader(new Unseekable(new TarBuilder().Add("a", content: new string('x', 1000)).Build()[..1000]), "layer");
        tar.Next();

        Assert.Equal(Bad + "it ends in the middle of a file", Assert.Throws<ImageException>(() => Content(tar)).Message);
    }

    [Fact]
    public void Size_that_would_turn_the_position_negative_is_refused_in_a_file()
    {
        var archive = new TarBuilder().Add("a").Add("b").Overwrite(124, [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0]);

        Assert.Equal(Bad + "it ends in the middle of a file", Refused(archive));
    }

    [Fact]
    public void Extended_header_without_a_member_is_refused()
    {
        var whole = new TarBuilder().Add("././@LongLink", 'L', "name\0").Build();

        Assert.Equal(Bad + "it ends in the middle of a header", Refused(new TarReader(new MemoryStream(whole[..^1024]), "layer")));
        Assert.Equal(Bad + "a header's checksum is wrong", Refused(new TarReader(new MemoryStream(whole), "layer")));
    }

    [Fact]
    public void Archive_ends_at_a_block_of_zeros_or_at_the_end_of_the_file()
    {
        var whole = new TarBuilder().Add("a").Build();

        foreach (var archive in new[] { whole, whole[..512], [.. whole, .. Encoding.ASCII.GetBytes("trailing")] })
        {
            var tar = new TarReader(new MemoryStream(archive), "layer");
            Assert.NotNull(tar.Next());
            Assert.Null(tar.Next());
        }

        Assert.Null(new TarReader(new MemoryStream(), "layer").Next());
    }

    [Fact]
    public void Checksum_of_signed_bytes_is_taken_too()
    {
        var archive = new TarBuilder().RawName([0xe9], "").Build();
        var unsigned = Convert.ToInt32(Encoding.ASCII.GetString(archive, 148, 6), 8);
        Encoding.ASCII.GetBytes(Convert.ToString(unsigned - 256, 8).PadLeft(6, '0')).CopyTo(archive, 148);

        Assert.Equal([0xe9], new TarReader(new MemoryStream(archive), "layer").Next()!.Name);
        archive[150] ^= 1;
        Assert.Equal(Bad + "a header's checksum is wrong", Refused(new TarReader(new MemoryStream(archive), "layer")));
    }

    [Fact]
    public void Every_flipped_bit_of_a_header_gives_a_member_or_a_sentence()
    {
        var archive = new TarBuilder().Add("x", 'x', Record("path", "name") + Record("mtime", "1.5")).Add("a", content: "abc").Add("d", '3', major: 1, minor: 5).Build();
        var sentences = 0;
        for (var bit = 0; bit < archive.Length * 8; bit++)
        {
            var flipped = (byte[])archive.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                ReadAll(new TarReader(new MemoryStream(flipped), "layer"));
            }
            catch (ImageException error)
            {
                Assert.StartsWith(Bad, error.Message, StringComparison.Ordinal);
                sentences++;
            }
        }

        Assert.InRange(sentences, 3 * 512 * 8 - 200, archive.Length * 8);
    }

    [Theory]
    [InlineData('3')]
    [InlineData('4')]
    public void Device_numbers_have_a_range(char type)
    {
        var entry = Open(new TarBuilder().Add("d", type, major: 0xfff, minor: 0xfffff)).Next()!;
        Assert.Equal((0xfffu, 0xfffffu), (entry.DeviceMajor, entry.DeviceMinor));

        Assert.Equal(Bad + "a device number of 1048576 is out of range", Refused(new TarBuilder().Add("d", type, minor: 0x100000)));
    }

    private static string Record(string key, string value)
    {
        var body = Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value) + 3;
        var length = Enumerable.Range(1, 7).Select(digits => body + digits).First(total => total.ToString(CultureInfo.InvariantCulture).Length == total - body);
        return $"{length} {key}={value}\n";
    }

    private static TarReader Open(TarBuilder tar) => new(new MemoryStream(tar.Build()), "layer");

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static string Name(TarBuilder tar) => Text(Open(tar).Next()!.Name);

    private static string Content(TarReader tar)
    {
        var content = new MemoryStream();
        var buffer = new byte[100];
        for (int count; (count = tar.Read(buffer)) > 0;)
        {
            content.Write(buffer, 0, count);
        }

        return Text(content.ToArray());
    }

    private static void ReadAll(TarReader tar)
    {
        while (tar.Next() is not null)
        {
        }
    }

    private static string Refused(TarBuilder tar) => Refused(Open(tar));

    private static string Refused(TarReader tar) => Assert.Throws<ImageException>(() => ReadAll(tar)).Message;

    private sealed class Unseekable(byte[] data) : MemoryStream(data)
    {
        public override bool CanSeek => false;
    }
}
