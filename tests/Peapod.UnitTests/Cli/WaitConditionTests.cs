using Peapod.Pod;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Cli;

public sealed class WaitConditionTests
{
    private static readonly PodView Pod = new(
        new PodFolders(new PodHost { RunRoot = "/nowhere" }, "default_web"),
        new PodManifest { Metadata = new ObjectMeta { Name = "web" } },
        new PodStatus { Phase = PodPhase.Running, Conditions = [new PodCondition { Type = "Ready", Status = "True" }, new PodCondition { Type = "Initialized", Status = "False" }] },
        IsSupervised: true);

    [Theory]
    [InlineData("condition=Ready", true)]
    [InlineData("condition=ready=true", true)]
    [InlineData("condition=Ready=False", false)]
    [InlineData("condition=Initialized", false)]
    [InlineData("condition=Initialized=False", true)]
    [InlineData("condition=Other", false)]
    [InlineData("jsonpath={.status.phase}=Running", true)]
    [InlineData("jsonpath='{.status.phase}'=Running", true)]
    [InlineData("jsonpath={.status.phase}=Pending", false)]
    [InlineData("jsonpath={.status.phase}", true)]
    [InlineData("jsonpath={.status.podIP}", false)]
    [InlineData("jsonpath={.status.conditions[?(@.type==\"Ready\")].status}=True", true)]
    [InlineData("delete", false)]
    [InlineData("create", true)]
    public void It_holds_or_not(string text, bool holds) => Assert.Equal(holds, WaitCondition.Parse(text).Holds(Pod));

    [Theory]
    [InlineData("delete", true)]
    [InlineData("create", false)]
    [InlineData("condition=Ready", false)]
    [InlineData("jsonpath={.status.phase}", false)]
    public void Of_a_pod_that_is_not_there(string text, bool holds) => Assert.Equal(holds, WaitCondition.Parse(text).Holds(null));

    [Fact]
    public void What_is_no_condition_is_refused() =>
        Assert.Equal(
            "--for \"Ready\": unrecognized condition\n  expected condition=NAME[=VALUE], create, delete, or jsonpath='{PATH}'[=VALUE]",
            Assert.Throws<PodException>(() => WaitCondition.Parse("Ready")).Message);
}
