using Microsoft.Extensions.Logging;
using Peapod.Pod.Events;
using Peapod.Pod.Layout;
using Peapod.Pod.Logging;
using Peapod.Shim.Logging;

namespace Peapod.UnitTests.Pod;

public sealed class SupervisorLogTests : IDisposable
{
    private readonly PodFolders folders;

    public SupervisorLogTests()
    {
        folders = new PodHost { RunRoot = Directory.CreateTempSubdirectory("peapod-log-").FullName }.FoldersOf("default", "p");
        Directory.CreateDirectory(folders.Run);
    }

    public void Dispose() => Directory.Delete(folders.Host.RunRoot, recursive: true);

    [Fact]
    public void A_line_has_runcs_format_and_stays_one_line() => Assert.Equal(
        "time=\"2026-11-29T12:00:00.007Z\" level=warning msg=\"a \\\"b\\\"\\nc \\\\d \\u001b[2J\\u009b\\u202e\"\n",
        SupervisorLog.Line(LogLevel.Warning, "a \"b\"\nc \\d \u001b[2J\u009b\u202e", new DateTime(2026, 11, 29, 12, 0, 0, 7, DateTimeKind.Utc)));

    [Theory]
    [InlineData("trace", LogLevel.Trace)]
    [InlineData("debug", LogLevel.Debug)]
    [InlineData("info", LogLevel.Information)]
    [InlineData("warning", LogLevel.Warning)]
    [InlineData("error", LogLevel.Error)]
    public void A_pod_keeps_its_level(string name, LogLevel level)
    {
        PodLogLevel.Write(folders, name);

        Assert.Contains(name, PodLogLevel.Names);
        Assert.Equal(level, PodLogLevel.Read(folders));
        Assert.True(PodLogLevel.LogOf(folders).IsEnabled(level));
        Assert.False(PodLogLevel.LogOf(folders).IsEnabled(level - 1));
    }

    [Fact]
    public void Without_a_level_only_warnings_and_errors_are_written() => Assert.Equal(LogLevel.Warning, PodLogLevel.Read(folders));

    [Fact]
    public void An_event_is_told_to_the_log_as_well()
    {
        var told = new Told();
        using var events = new EventLog(folders, told);
        events.Add("Warning", "BackOff", "spec.containers{c}", "again");

        events.Add("Normal", "Scheduled", null, "here");

        Assert.Equal(["event: Warning BackOff spec.containers{c}: again", "event: Normal Scheduled pod: here"], told.Lines);
    }

    private sealed class Told : ILogger
    {
        internal List<string> Lines { get; } = [];

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
