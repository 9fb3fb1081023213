using System.Text;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Manifests without end, numbers that no clock counts to, text that is none, and files that are on the disk when their command says so.</summary>
public sealed class PodLimitTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    public void Manifests_without_end()
    {
        var big = bed.Write("big.yaml", "");
        using (var file = File.OpenWrite(big))
        {
            file.SetLength(200 << 20);
        }

        foreach (var input in new[] { big, "/dev/zero" })
        {
            Assert.Equal((1, $"peapod: -f {input}: larger than 16777216 bytes\n  split it into several files\n"), (bed.Pod("apply", "-f", input) is var refused ? refused.ExitCode : 0, refused.Error));
        }

        var endless = PeapodCommand.Start("sh", "-c", $"yes 'a: b' 2>/dev/null | {PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot} apply -f -");
        Assert.Equal("peapod: -f -: larger than 16777216 bytes\n  split it into several files\n", endless.Error);
    }

    [Fact]
    public void Manifests_as_large_as_may_be_are_refused_by_a_sentence()
    {
        string[] texts =
        [
            string.Concat(Enumerable.Repeat("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", 200_000)),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"" + new string('x', 16_700_000) + "\"}\n",
            "{\"a\": [" + string.Concat(Enumerable.Repeat("1,", 8_300_000)) + "1]}",
            "a: [" + string.Concat(Enumerable.Repeat("1,", 8_300_000)) + "1]",
            string.Concat(Enumerable.Repeat("--- 1\n", 2_700_000)),
            new string('[', 16_700_000),
            new string('-', 16_700_000),
            string.Concat(Enumerable.Repeat("- ", 8_300_000)),
            string.Concat(Enumerable.Repeat("&a ", 5_500_000)),
        ];
        foreach (var text in texts)
        {
            var refused = bed.Pod("apply", "-f", bed.Write("large.yaml", text));
            Assert.Equal(1, refused.ExitCode);
            Assert.StartsWith("peapod: ", refused.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("out of memory", refused.Error, StringComparison.Ordinal);
            Damage.AssertSaid(refused);
        }
    }

    [Fact]
    public void Seconds_that_no_clock_counts_to()
    {
        bed.Done("run", "--image", "localhost/busybox", "p", "--", "sleep", "100");
        Assert.Equal("peapod: --time 9223372036854775807: expected from 0 to 2147483647 seconds\n", bed.Pod("stop", "--time", "9223372036854775807", "p").Error);
        Assert.Equal("peapod: --grace-period 9223372036854775807: expected at most 2147483647 seconds\n", bed.Pod("delete", "--grace-period", "9223372036854775807", "p").Error);
        foreach (var seconds in new[] { "9223372036854775807", "2147483648" })
        {
            // The API server takes them: it is as long as a clock counts.
            Assert.Equal("", bed.RunSpec("q", $"  terminationGracePeriodSeconds: {seconds}\n  containers: [{{name: c, image: localhost/busybox, command: [sh, -c, 'trap \"exit 3\" TERM; while :; do sleep 0.1; done'], lifecycle: {{preStop: {{sleep: {{seconds: 1}}}}}}}}]").Error);
            Assert.DoesNotContain("TimeoutStopSec=-", bed.Done("generate", "systemd", "-f", $"{bed.Folder}/q.yaml"), StringComparison.Ordinal);
            bed.Done("stop", "q");
            Assert.Equal(3, bed.ExitCode("q"));
            bed.Done("delete", "q");
        }

        Assert.Contains("\"error\"", PodBed.Request(bed.RunOf("p"), """{"do":"restart","container":"none","grace":9223372036854775807}"""), StringComparison.Ordinal);
        PodBed.Request(bed.RunOf("p"), """{"do":"restart","grace":-9223372036854775808}""");
        PodBed.Until(() => bed.Restarts("p") == 1 && bed.Done("ps").Contains("Running", StringComparison.Ordinal), "it runs again");
    }

    /// <summary>With a system call filter for which fsync(2) fails, the command fails: so it is called, and its failure is not passed over.</summary>
    [Fact]
    public void Objects_are_on_the_disk_when_apply_says_so()
    {
        using var bundle = new Bundle("/out/peapod", "pod", "--data-root", "/dev/shm/data", "--run-root", "/dev/shm/run", "apply", "-f", "/map.yaml");
        bundle.Mount(PeapodCommand.Out, "/out", "none", "bind", "ro");
        File.WriteAllText(bundle.PathInRootfs("/map.yaml"), "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n");
        Assert.Equal("secret/s created\n", bundle.RunOutput());

        bundle.Set("linux.seccomp", """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["fsync"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}""");
        var failed = bundle.Run();

        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("fsync \"s.json\": Input/output error", failed.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("printf 'a\\0b' >/dev/termination-log; exit 5", "", "a\ufffdb")]
    [InlineData("printf '\\377\\0\\355\\240\\200' >/dev/termination-log; exit 5", "", null)]
    [InlineData("printf 'a\\0b\\n'; exit 5", ", terminationMessagePolicy: FallbackToLogsOnError", "a\ufffdb\n")]
    [InlineData("head -c 9000 /dev/urandom >/dev/termination-log; exit 5", "", null)]
    [InlineData("head -c 9000 /dev/zero >/dev/termination-log; exit 5", "", null)]
    public void Whatever_a_container_says_at_its_end_every_pod_is_shown(string script, string more, string? message)
    {
        bed.Done("run", "--image", "localhost/busybox", "good", "--", "sleep", "100");
        bed.RunSpec("bad", $"  restartPolicy: Never\n  containers:\n  - {{name: c, image: localhost/busybox{more}, command: [sh, -c, {System.Text.Json.JsonSerializer.Serialize(script)}]}}");
        PodBed.Until(() => bed.ExitCode("bad") == 5, "it has ended");

        Assert.Matches("(?m)^good   1/1 +Running ", bed.Done("ps"));
        Assert.InRange(Encoding.UTF8.GetByteCount((string)bed.Ended("bad")!["message"]!), 1, 12 << 10);
        if (message is not null)
        {
            Assert.Equal(message, (string)bed.Ended("bad")!["message"]!);
        }

        bed.Done("describe", "bad");
        bed.Done("delete", "bad", "--now");
    }

    [Fact]
    public void Whatever_a_probe_or_a_hook_prints_events_are_shown()
    {
        bed.RunSpec("p", """
              containers:
              - name: c
                image: localhost/busybox
                command: [sleep, "1000"]
                readinessProbe: {periodSeconds: 1, exec: {command: [sh, -c, "printf 'x\\0\\377\\355\\240\\200'; head -c 300 /dev/urandom; exit 1"]}}
                lifecycle: {postStart: {exec: {command: [sh, -c, "printf 'h\\0'; exit 0"]}}}
            """);

        PodBed.Until(() => bed.Done("events").Contains("Unhealthy", StringComparison.Ordinal), "the probe has failed");
        Assert.Contains("x\ufffd\ufffd", bed.Done("events", "-o", "json"), StringComparison.Ordinal);
        bed.Done("describe", "p");
        bed.Done("ps");
    }
}
