using System.Text;
using Peapod.Container.State;
using Peapod.Kernel.Files;

namespace Peapod.UnitTests.Container;

public sealed class WholeTextTests
{
    [Fact]
    public void No_part_of_a_text_passes_for_a_text()
    {
        var whole = WholeText.Format("30\ntcp");

        Assert.Equal("30\ntcp", WholeText.Parse(whole));
        for (var length = 0; length < whole.Length; length++)
        {
            if (length == 0 || whole[length - 1] != '\n')
            {
                Assert.Throws<FormatException>(() => WholeText.Parse(whole.AsSpan(0, length)));
            }
        }
    }

    [Theory]
    [InlineData(7, 1234567ul)]
    [InlineData(4194303, ulong.MaxValue)]
    public void No_part_of_a_processs_record_passes_for_another_process(int pid, ulong start)
    {
        var record = Record() with { Pid = pid, StartTime = start };
        var whole = record.FormatProcess();

        Assert.Equal((pid, start), (ContainerRecord.ParseProcess(whole).Pid, ContainerRecord.ParseProcess(whole).StartTime));
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Throws<FormatException>(() => ContainerRecord.ParseProcess(whole.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData("0 1\n")]
    [InlineData("-3 1\n")]
    [InlineData("1 -1\n")]
    [InlineData("1 2 3\n")]
    [InlineData("1\n")]
    [InlineData("12 3x\n")]
    public void What_is_no_process_is_refused(string text) => Assert.Throws<FormatException>(() => ContainerRecord.ParseProcess(Encoding.UTF8.GetBytes(text)));

    private static ContainerRecord Record() => new() { Id = "c", OciVersion = "1.3.0", Bundle = "/b", Rootfs = "/b/rootfs", Cgroup = "", Created = "2026-11-29T00:00:00Z" };
}
