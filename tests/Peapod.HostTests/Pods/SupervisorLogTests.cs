using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>What a supervisor tells whoever watches it: --log-level.</summary>
public sealed class SupervisorLogTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private string Log => File.ReadAllText($"{bed.RunOf("told")}/supervisor.log");

    private CommandResult Run(params string[] flags) => bed.Pod("run", [.. flags, "-f", bed.Write("told.yaml", PodBed.Manifest("told", """
          terminationGracePeriodSeconds: 0
          containers:
          - {name: c, image: localhost/busybox, command: [sleep, "100"]}
        """))]);

    [Fact]
    public void It_tells_what_it_decides_and_its_successor_goes_on_so()
    {
        var made = Run("--log-level", "debug");
        Assert.Equal(("", 0), (made.Error, made.ExitCode));

        Assert.Contains("level=debug msg=\"decided: start c\"\n", Log, StringComparison.Ordinal);
        Assert.Contains("level=info msg=\"event: Normal Started spec.containers{c}: ", Log, StringComparison.Ordinal);
        Assert.DoesNotContain("decided: stop c", Log, StringComparison.Ordinal);

        PodBed.Kill(bed.Supervisor("told"));
        bed.Done("stop", "told");

        Assert.Contains("level=debug msg=\"decided: stop c within ", Log, StringComparison.Ordinal);
        Assert.Contains("level=debug msg=\"decided: the pod is over\"\n", Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Unasked_it_tells_nothing_while_all_is_well()
    {
        var made = Run();
        Assert.Equal(("", 0), (made.Error, made.ExitCode));
        bed.Done("stop", "told");

        Assert.Equal("", Log);
    }

    [Fact]
    public void A_level_that_there_is_not_is_refused()
    {
        var result = Run("--log-level", "loud");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("loud", result.Error, StringComparison.Ordinal);
        Assert.Contains("trace", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bed.RunOf("told")));
    }
}
