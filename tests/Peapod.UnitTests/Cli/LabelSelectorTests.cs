using Peapod.Pod;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Cli;

public sealed class LabelSelectorTests
{
    private static readonly ObjectMeta Web = new() { Labels = new Dictionary<string, string> { ["app"] = "web", ["tier"] = "front", ["empty"] = "", ["example.com/owner"] = "me" } };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app = db", false)]
    [InlineData("app!=db", true)]
    [InlineData("app!=web", false)]
    [InlineData("missing!=web", true)]
    [InlineData("app in (db,web)", true)]
    [InlineData("app in (db, cache)", false)]
    [InlineData("missing in (a)", false)]
    [InlineData("app notin (db)", true)]
    [InlineData("app notin (db, web)", false)]
    [InlineData("missing notin (a)", true)]
    [InlineData("app", true)]
    [InlineData("missing", false)]
    [InlineData("!missing", true)]
    [InlineData("!app", false)]
    [InlineData("empty=", true)]
    [InlineData("app=web,tier=back", false)]
    [InlineData("app=web, tier in (front), !x, example.com/owner=me", true)]
    [InlineData("inside", false)]
    public void A_selector_matches_what_it_does_in_Kubernetes(string selector, bool matches) => Assert.Equal(matches, LabelSelector.Parse(selector).Matches(Web));

    [Theory]
    [InlineData("app=web,", "a requirement is missing behind the comma")]
    [InlineData("=web", "a label's name is missing")]
    [InlineData("app in web", "\"(\" is missing before \"web\"")]
    [InlineData("app in (web", "\")\" is missing before \"\"")]
    [InlineData("app=a b", "\",\" is missing before \"b\"")]
    public void What_is_no_selector_is_refused_with_the_place(string selector, string why) =>
        Assert.Equal($"-l \"{selector}\": {why}\n  expected such as: app=web,tier!=test,env in (a,b),!old", Assert.Throws<PodException>(() => LabelSelector.Parse(selector)).Message);

    [Fact]
    public void A_pod_without_labels_matches_only_what_asks_for_none()
    {
        Assert.True(LabelSelector.Parse("!app").Matches(new ObjectMeta()));
        Assert.False(LabelSelector.Parse("app").Matches(new ObjectMeta()));
    }
}
