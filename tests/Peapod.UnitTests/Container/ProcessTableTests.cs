using Peapod.Container;
using Peapod.Container.Lifecycle;

namespace Peapod.UnitTests.Container;

public class ProcessTableTests
{
    private const string Output = "UID          PID    PPID  C STIME TTY          TIME CMD\nroot           1       0  0 09:00 ?        00:00:01 /sbin/init 17\nroot          17       1  0 09:00 ?        00:00:00 sleep 100\n";

    [Fact]
    public void The_heading_and_the_lines_of_the_pids_stay() => Assert.Equal(
        ["UID          PID    PPID  C STIME TTY          TIME CMD", "root          17       1  0 09:00 ?        00:00:00 sleep 100"],
        ProcessTable.Filter(Output, [17, 99]));

    [Fact]
    public void No_pids_leave_the_heading() =>
        Assert.Equal(["UID          PID    PPID  C STIME TTY          TIME CMD"], ProcessTable.Filter(Output, []));

    [Theory]
    [InlineData("USER COMMAND\nroot init\n", "ps: couldn't find PID field in ps output")]
    [InlineData("", "ps: couldn't find PID field in ps output")]
    [InlineData("USER PID\nroot init\n", "ps: unable to parse pid: \"init\" in \"root init\"")]
    [InlineData("USER PID\nroot\n", "ps: unable to parse pid: \"\" in \"root\"")]
    public void What_has_no_pids_is_refused(string output, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ContainerException>(() => ProcessTable.Filter(output, [1])).Message);
}
