using Peapod.Container.Printing;

namespace Peapod.UnitTests.Container;

public sealed class PlanDiffTests
{
    [Fact]
    public void The_same_plans_have_no_difference() => Assert.Null(PlanDiff.Compare("a\nb\n", "a\nb\n"));

    [Theory]
    [InlineData("a\nb\nc\n", "a\nc\n", " a\n-b\n c\n")]
    [InlineData("a\nc\n", "a\nb\nc\n", " a\n+b\n c\n")]
    [InlineData("a\nb\nc\n", "a\nx\nc\n", " a\n-b\n+x\n c\n")]
    [InlineData("a\nb\nc\nd\n", "b\nc\nd\ne\n", "-a\n b\n c\n d\n+e\n")]
    [InlineData("a\n", "b\nc\n", "-a\n+b\n+c\n")]
    public void What_only_one_plan_does_is_marked(string before, string after, string expected) => Assert.Equal(expected, PlanDiff.Compare(before, after));
}
