using System.Text;
using System.Text.Json;
using Peapod.Kernel.Terminals;

namespace Peapod.UnitTests.Terminals;

public sealed class PrintableTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("web-1 \u00e9\u4e2d\U0001f600 \\ \"", "web-1 \u00e9\u4e2d\U0001f600 \\ \"")]
    [InlineData("\u001b[2J\u001b]0;title\u0007", "\\u001b[2J\\u001b]0;title\\u0007")]
    [InlineData("\0\b\r\u007f", "\\u0000\\u0008\\r\\u007f")]
    [InlineData("\u0080\u0085\u009b31m\u009f\u00a0", "\\u0080\\u0085\\u009b31m\\u009f\u00a0")]
    [InlineData("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "\\u202a\\u202b\\u202c\\u202d\\u202e\\u2066\\u2067\\u2068\\u2069")]
    [InlineData("\u200e\u200f\u061c\u2028\u2029\ufeff", "\\u200e\\u200f\\u061c\\u2028\\u2029\\ufeff")]
    [InlineData("one\ntwo\tthree", "one\\ntwo\\tthree")]
    public void A_line_has_nothing_that_a_terminal_obeys(string text, string shown)
    {
        Assert.Equal(shown, Printable.Line(text));
        Assert.Equal(shown, Printable.Line(Printable.Line(text)));
    }

    [Fact]
    public void A_text_keeps_its_lines_and_tabs() => Assert.Equal("a\n\tb\\r\n\\u001bc", Printable.Text("a\n\tb\r\n\u001bc"));

    [Theory]
    [InlineData("bad\n  a hint", "bad\n  a hint")]
    [InlineData("bad \"x\npeapod: all is well\"\n  a hint", "bad \"x\\npeapod: all is well\"\n  a hint")]
    [InlineData("bad\n", "bad\\n")]
    public void Of_a_sentence_only_hints_begin_a_line(string text, string shown) => Assert.Equal(shown, Printable.Sentence(text));

    [Fact]
    public void What_is_no_UTF8_is_none_afterwards()
    {
        Assert.Equal("a\ufffd[31mb\n"u8, Printable.Utf8([(byte)'a', 0x9b, .. "[31mb\n"u8]));
        Assert.Equal("\\u009b"u8, Printable.Utf8([0xc2, 0x9b]));
        Assert.Equal("as it is\n\t"u8, Printable.Utf8("as it is\n\t"u8));
    }

    [Fact]
    public void What_is_long_is_cut() => Assert.Equal(new string('x', 200) + '…', Printable.Short(new string('x', 201)));

    /// <summary>So one filter does for tables and for documents: a document has its control characters in strings only.</summary>
    [Fact]
    public void A_JSON_string_is_the_same_string_afterwards()
    {
        const string text = "\u001b\u007f\u009b\u202e\n\"";
        var json = JsonSerializer.Serialize(text, Relaxed);

        Assert.Equal(text, JsonSerializer.Deserialize<string>(Encoding.UTF8.GetString(Printable.Utf8(Encoding.UTF8.GetBytes(json)))));
    }
}
