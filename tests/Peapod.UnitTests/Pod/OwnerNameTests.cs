using Peapod.Host;
using Peapod.Network;

namespace Peapod.UnitTests.Pod;

public sealed class OwnerNameTests
{
    [Fact]
    public void A_pod_below_the_usual_run_root_keeps_its_name() => Assert.Equal("default_web", OwnerName.Of("/run/peapod-pod", isUsual: true, "default_web"));

    [Fact]
    public void Pods_of_one_name_below_two_run_roots_have_names_of_their_own_none_of_which_begins_with_another()
    {
        string[] names = [OwnerName.Of("/run/peapod-pod", true, "default_web"), OwnerName.Of("/a", false, "default_web"), OwnerName.Of("/b", false, "default_web")];

        Assert.All(names, name => Assert.DoesNotContain(names, other => other != name && other.StartsWith(name, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Long_names_are_cut_and_stay_different(bool isUsual)
    {
        var long1 = OwnerName.Of("/r", isUsual, $"default_{new string('a', 180)}1");
        var long2 = OwnerName.Of("/r", isUsual, $"default_{new string('a', 180)}2");

        Assert.NotEqual(long1, long2);
        Assert.Equal(OwnerName.Longest, long1.Length);
        AddressAllocator.ValidatePodId(long1);
    }
}
