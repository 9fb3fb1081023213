using System.Diagnostics;
using Peapod.Shim.Runtimes;

namespace Peapod.UnitTests.Pod;

public sealed class ChildReaperTests
{
    [Fact]
    public void Children_that_their_owners_have_reaped_are_forgotten()
    {
        var reaper = new ChildReaper();
        using var runs = Process.Start("sleep", "100");
        reaper.Leave(runs.Id);
        for (var i = 0; i < 5; i++)
        {
            using var ended = Process.Start("true");
            ended.WaitForExit();
            reaper.Leave(ended.Id);
        }

        // The one that runs, and the last, which nobody has asked about since.
        Assert.Equal(2, reaper.Awaited);
        runs.Kill();
        runs.WaitForExit();
    }
}
