using Peapod.Kernel.Netlink;

namespace Peapod.UnitTests.Network;

public sealed class NetlinkBatchTests
{
    [Fact]
    public void Nested_attributes_have_their_lengths_and_are_aligned()
    {
        var batch = new NetlinkBatch();
        batch.Begin(16, NetlinkFlags.Create, "RTM_NEWLINK");
        batch.Put(0x01020304);
        using (batch.Nested(18))
        {
            batch.Put(1, "veth");
        }

        var bytes = batch.Finish(firstSequence: 7, acknowledged: 0);

        Assert.Equal(
            "24000000" + "1000" + "0504" + "07000000" + "00000000"
            + "04030201"
            + "1000" + "1280" + "0900" + "0100" + "76657468" + "00" + "000000",
            Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Attributes_are_read_back_and_a_truncated_one_ends_the_walk()
    {
        byte[] data = [5, 0, 1, 0, 42, 0, 0, 0, 8, 0, 2, 0x80, 1, 2, 3, 4, 99, 0, 3, 0];
        var seen = new List<(int, int)>();
        foreach (var attribute in new NetlinkAttributes(data))
        {
            seen.Add((attribute.Type, attribute.Value.Length));
        }

        Assert.Equal([(1, 1), (2, 4)], seen);
    }

    [Fact]
    public void Batch_that_is_cleared_is_empty_and_grows_as_needed()
    {
        var batch = new NetlinkBatch();
        for (var i = 0; i < 1000; i++)
        {
            batch.Begin(16, 0, "RTM_NEWLINK");
            batch.Put(3, "peapod0");
        }

        Assert.Equal(28000, batch.Finish(1, 999).Length);
        batch.Clear();
        Assert.Equal(0, batch.Count);
    }
}
