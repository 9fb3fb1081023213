using System.Text;
using Peapod.Pod.Cli.Copying;

namespace Peapod.UnitTests.Cli;

public sealed class TreeCopyTests
{
    [Theory]
    [InlineData("file", 0, true)]
    [InlineData("a/b/c", 0, true)]
    [InlineData("./a//b/.", 0, true)]
    [InlineData(".", 0, true)]
    [InlineData("../a", 1, true)]
    [InlineData("./.././../a", 2, true)]
    [InlineData("..a/...", 0, true)]
    [InlineData("..", 0, false)]
    [InlineData("../a", 0, false)]
    [InlineData("../../a", 1, false)]
    [InlineData("/", 9, false)]
    [InlineData("/a", 9, false)]
    [InlineData("//a", 9, false)]
    [InlineData("a/..", 9, false)]
    [InlineData("../a/../b", 9, false)]
    [InlineData("", 9, false)]
    public void Only_a_symlink_that_is_certain_to_stay_below_does(string text, int depth, bool stays) =>
        Assert.Equal(stays, TreeCopy.StaysBelow(Encoding.UTF8.GetBytes(text), depth));
}
