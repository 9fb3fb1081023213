using System.Text;
using Peapod.Image.Layers;

namespace Peapod.UnitTests.Image;

public sealed class EntryNameTests
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("a/b/", "a/b")]
    [InlineData("/a", "a")]
    [InlineData("./a/./b", "a/b")]
    [InlineData("//a///b//", "a/b")]
    [InlineData("a/../b", "b")]
    [InlineData("a/b/../../c", "c")]
    [InlineData("a/b/..", "a")]
    [InlineData("...", "...")]
    [InlineData("..a/b..", "..a/b..")]
    [InlineData("", "")]
    [InlineData("/", "")]
    [InlineData(".", "")]
    [InlineData("a/..", "")]
    public void Names_become_paths_below_the_root(string raw, string clean)
    {
        Assert.True(EntryName.TryClean(Encoding.UTF8.GetBytes(raw), out var path));
        Assert.Equal(clean, Encoding.UTF8.GetString(path));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("/..")]
    [InlineData("../a")]
    [InlineData("a/../..")]
    [InlineData("a/../../a")]
    [InlineData("./../a")]
    public void Names_that_lead_out_are_refused(string raw) => Assert.False(EntryName.TryClean(Encoding.UTF8.GetBytes(raw), out _));

    [Fact]
    public void A_name_has_4095_bytes_at_most()
    {
        Assert.True(EntryName.TryClean(Enumerable.Repeat((byte)'a', 4095).ToArray(), out var longest));
        Assert.Equal(4095, longest.Length);
        Assert.False(EntryName.TryClean(Enumerable.Repeat((byte)'a', 4096).ToArray(), out _));
    }

    [Fact]
    public void Bytes_that_are_no_text_stay_as_they_are()
    {
        Assert.True(EntryName.TryClean([0xff, (byte)'/', 0xfe], out var path));
        Assert.Equal([0xff, (byte)'/', 0xfe], path);
    }

    [Theory]
    [InlineData("a/b/c", "a/b", "c")]
    [InlineData("c", "", "c")]
    public void A_path_is_its_parent_and_its_leaf(string path, string parent, string leaf)
    {
        var bytes = Encoding.UTF8.GetBytes(path);

        Assert.Equal(parent, Encoding.UTF8.GetString(EntryName.Parent(bytes)));
        Assert.Equal(leaf, Encoding.UTF8.GetString(EntryName.Leaf(bytes)));
    }
}
