using Peapod.Pod.Events;
using Peapod.Pod.Layout;

namespace Peapod.UnitTests.Pod;

public sealed class EventLogTests : IDisposable
{
    private readonly PodFolders folders;

    public EventLogTests()
    {
        folders = new PodHost { RunRoot = Directory.CreateTempSubdirectory("peapod-events-").FullName }.FoldersOf("default", "p");
        Directory.CreateDirectory(folders.Run);
    }

    public void Dispose() => Directory.Delete(folders.Host.RunRoot, recursive: true);

    [Fact]
    public void What_happens_again_is_one_event_with_a_count_and_moves_to_the_end()
    {
        using var log = new EventLog(folders);
        log.Add("Warning", "BackOff", "spec.containers{c}", "again");
        log.Add("Normal", "Started", "spec.containers{c}", "started");
        log.Add("Warning", "BackOff", "spec.containers{c}", "again");

        Assert.Equal([("Started", 1), ("BackOff", 2)], EventLog.Read(folders).Select(static read => (read.Reason, read.Count)));
    }

    [Fact]
    public void The_file_does_not_grow_without_end_and_counts_stay()
    {
        using var log = new EventLog(folders);
        for (var i = 0; i < 20_000; i++)
        {
            log.Add("Warning", "Unhealthy", "spec.containers{c}", $"answer {i % 10}");
        }

        Assert.InRange(new FileInfo(folders.Events).Length, 1, 128 << 10);
        Assert.Equal(Enumerable.Repeat(2000, 10), EventLog.Read(folders).Select(static read => read.Count));
    }

    [Fact]
    public void A_pod_without_events_has_none() => Assert.Empty(EventLog.Read(folders));
}
