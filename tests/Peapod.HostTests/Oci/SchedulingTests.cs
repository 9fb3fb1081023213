using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class SchedulingTests
{
    [Covers("process.scheduler", "process.ioPriority", "linux.personality")]
    [Fact]
    public void The_process_has_its_policy_and_nice_value_and_an_exec_its_containers_personality()
    {
        using var bundle = new Bundle("sleep", "100")
            .Set("process.scheduler", """{"policy": "SCHED_BATCH", "nice": 7}""")
            .Set("linux.personality", """{"domain": "LINUX32"}""");

        var pid = bundle.RunDetached();

        var fields = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ');
        Assert.Equal(("7", "3"), (fields[16], fields[38]));
        Assert.Equal("00000008\n", File.ReadAllText($"/proc/{pid}/personality"));
        Assert.Equal("00000008\n", bundle.Exec(bundle.Id, "cat", "/proc/self/personality").Output);
    }

    [Covers("process.scheduler")]
    [Fact]
    public void A_policy_that_the_kernel_refuses_is_told_by_its_field()
    {
        using var bundle = new Bundle("true").Set("process.scheduler", """{"policy": "SCHED_ISO"}""");

        Assert.Equal("peapod: config.json: process.scheduler: cannot schedule by SCHED_ISO: sched_setattr: Invalid argument\n", bundle.Run().Error);
    }
}
