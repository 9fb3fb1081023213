using Peapod.Container.Criu;

namespace Peapod.UnitTests.Container;

public class CriuLogTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("tcp-established\nlog-file", null)]
    [InlineData("log-file-of-others x\n# log-file y", null)]
    [InlineData("log-file a.log", "a.log")]
    [InlineData("  log-file\t /var/log/criu.log   # why", "/var/log/criu.log")]
    [InlineData("log-file=a.log\nlog-file \"b c.log\" # not d", "b c.log")]
    [InlineData("log-file 'x#y.log'", "x#y.log")]
    public void The_last_name_of_the_log_counts(string text, string? expected) => Assert.Equal(expected, CriuLog.Find(text, "log-file"));

    [Fact]
    public void Without_a_file_of_that_name_the_log_is_where_criu_is_told_to_write_it() =>
        Assert.Equal(("/work/dump.log", "/work/dump.log"), (CriuLog.PathOf(null, "/work", "dump.log"), CriuLog.PathOf("/no/such/file", "/work", "dump.log")));
}
