using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Vm;

[Trait("tier", "vm")]
public class BlockIOTests
{
    public BlockIOTests() => Guest.Needed();

    [SkippableFact]
    public void A_weight_is_on_the_line_from_10_to_1000_to_1_to_10000()
    {
        using var bundle = new Bundle("cat", "/sys/fs/cgroup/io.weight").Set("linux.resources.blockIO", """{"weight": 505}""");

        Assert.Equal("default 5000\n", bundle.RunOutput());
    }

    [SkippableFact]
    public void All_rates_of_a_device_are_in_one_line()
    {
        var device = Device();
        using var bundle = new Bundle("cat", "/sys/fs/cgroup/io.max").Set("linux.resources.blockIO", $$"""
            {
              "throttleReadBpsDevice": [{{{device}}, "rate": 1048576}], "throttleWriteBpsDevice": [{{{device}}, "rate": 2097152}],
              "throttleReadIOPSDevice": [{{{device}}, "rate": 100}], "throttleWriteIOPSDevice": [{{{device}}, "rate": 200}]
            }
            """);

        Assert.Equal($"{Guest.ScratchDevice} rbps=1048576 wbps=2097152 riops=100 wiops=200\n", bundle.RunOutput());
    }

    [SkippableFact]
    public void A_write_takes_as_long_as_its_rate_says()
    {
        using var free = Writer();
        var unlimited = Time(free);
        using var slow = Writer().Set("linux.resources.blockIO", $$"""{"throttleWriteBpsDevice": [{{{Device()}}, "rate": 1048576}]}""");
        var limited = Time(slow);

        // 4 MiB at 1 MiB a second; the first burst is let through.
        Assert.InRange(limited, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));
        Assert.InRange(unlimited, TimeSpan.Zero, limited - TimeSpan.FromSeconds(1));

        static TimeSpan Time(Bundle bundle)
        {
            var clock = Stopwatch.StartNew();
            Assert.Equal(0, bundle.Run().ExitCode);
            return clock.Elapsed;
        }
    }

    private static Bundle Writer() => new Bundle("dd", "if=/dev/zero", "of=/dev/scratch", "bs=64k", "count=64", "oflag=direct")
        .Set("linux.devices", $$"""[{"path": "/dev/scratch", "type": "b", {{Device()}}, "fileMode": 438}]""")
        .Set("linux.resources.devices", $$"""[{"allow": false, "access": "rwm"}, {"allow": true, "type": "b", {{Device()}}, "access": "rw"}]""");

    private static string Device() => $"\"major\": {Guest.ScratchDevice.Split(':')[0]}, \"minor\": {Guest.ScratchDevice.Split(':')[1]}";
}
