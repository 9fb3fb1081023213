using System.Text;
using Peapod.Container.Foreground;

namespace Peapod.UnitTests.Container;

public class DetachKeysTests
{
    [Theory]
    [InlineData("ctrl-p,ctrl-q", "a\u0010\u0011b", "a", true)]
    [InlineData("ctrl-p,ctrl-q", "\u0010\u0010\u0011", "\u0010", true)]
    [InlineData("ctrl-p,ctrl-q", "\u0010x", "\u0010x", false)]
    [InlineData("ctrl-p,ctrl-q", "\u0011", "\u0011", false)]
    [InlineData("ctrl-p,ctrl-q", "x\u0010", "x", false)]
    [InlineData("~,.", "~~.", "~", true)]
    [InlineData("a,a,b", "aaab", "a", true)]
    [InlineData("ctrl-@", "x\0y", "x", true)]
    public void What_is_no_detaching_comes_through(string keys, string typed, string passed, bool complete)
    {
        var detach = DetachKeys.Parse(keys)!;

        Assert.Equal(passed, Encoding.ASCII.GetString(detach.Filter(Encoding.ASCII.GetBytes(typed))));
        Assert.Equal(complete, detach.IsComplete);
    }

    [Fact]
    public void Keys_may_come_one_by_one()
    {
        var detach = DetachKeys.Parse(DetachKeys.Default)!;

        Assert.Empty(detach.Filter("\u0010"u8));
        Assert.False(detach.IsComplete);
        Assert.Equal("\u0010x"u8.ToArray(), detach.Filter("x"u8));
        Assert.Empty(detach.Filter("\u0010"u8));
        Assert.Empty(detach.Filter("\u0011"u8));
        Assert.True(detach.IsComplete);
    }

    [Theory]
    [InlineData("ctrl-")]
    [InlineData("ctrl-1")]
    [InlineData("ab")]
    [InlineData("a,,b")]
    [InlineData("é")]
    public void What_is_no_key_is_refused(string keys) => Assert.Throws<FormatException>(() => DetachKeys.Parse(keys));

    [Fact]
    public void No_keys_are_none() => Assert.Null(DetachKeys.Parse(""));
}
