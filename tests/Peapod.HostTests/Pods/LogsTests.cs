using System.Globalization;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class LogsTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run()
    {
        Assert.Equal(0, bed.Pod("run", "-f", bed.Write("two.yaml", """
            apiVersion: v1
            kind: Pod
            metadata: {name: two, labels: {app: two}, annotations: {kubectl.kubernetes.io/default-container: b}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - {name: a, image: localhost/busybox, command: [sh, -c, "for n in 1 2 3; do echo a$n; done; sleep 100"], env: [{name: WHO, value: a}]}
              - {name: b, image: localhost/busybox, command: [sh, -c, "for n in 1 2 3; do echo b$n; done; sleep 100"], env: [{name: WHO, value: b}]}
            """)).ExitCode);
        PodBed.Until(() => bed.Done("logs", "-c", "a", "two").EndsWith("3\n") && bed.Done("logs", "-c", "b", "two").EndsWith("3\n"), "all is written");
    }

    [Fact]
    public void The_annotation_says_which_container_is_meant()
    {
        Run();

        Assert.Equal(("b1\nb2\nb3\n", ""), (bed.Pod("logs", "two").Output, bed.Pod("logs", "two").Error));
        Assert.Equal("b\n", bed.Done("exec", "two", "--", "sh", "-c", "echo $WHO"));
    }

    [Fact]
    public void Tail_timestamps_and_since()
    {
        Run();

        Assert.Equal("b2\nb3\n", bed.Done("logs", "--tail=2", "two"));
        Assert.Equal("", bed.Done("logs", "--tail=0", "two"));
        Assert.All(bed.Done("logs", "--timestamps", "two").TrimEnd('\n').Split('\n'), static line => Assert.Matches("^20[0-9-]{8}T[0-9:]{8}\\.[0-9]{9}Z b[123]$", line));
        Assert.Equal("b1\nb2\nb3\n", bed.Done("logs", "--since=1h", "two"));
        Thread.Sleep(1100);
        Assert.Equal("", bed.Done("logs", "--since=1s", "two"));
        Assert.Equal("", bed.Done("logs", $"--since-time={DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}", "two"));
    }

    [Fact]
    public void Both_streams_go_to_standard_output_and_a_last_line_without_an_end_counts()
    {
        bed.Done("run", "-f", bed.Write("tail.yaml", PodBed.Manifest("tail", """
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sh, -c, 'echo a; echo b; sleep 0.3; echo err >&2; sleep 0.3; printf c; sleep 1000']}]
            """)));
        PodBed.Until(() => bed.Done("logs", "tail").EndsWith('c'), "all is written");

        var all = bed.Pod("logs", "tail");
        Assert.Equal(("a\nb\nerr\nc", ""), (all.Output, all.Error));
        Assert.Equal("c", bed.Done("logs", "tail", "--tail=1"));
        Assert.Equal("err\nc", bed.Done("logs", "tail", "--tail=2"));
        Assert.Equal("", bed.Done("logs", "tail", "--tail=0"));
    }

    [Fact]
    public void A_reader_that_has_enough_is_no_matter_to_tell_of()
    {
        Run();
        var result = PeapodCommand.Start("bash", "-c", $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot} logs two | true; {PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot} logs two >/dev/full; echo $?");

        Assert.Equal(("1\n", "peapod: write \"standard output\": No space left on device\n"), (result.Output, result.Error));
    }

    [Fact]
    public void All_containers_with_a_prefix()
    {
        Run();

        Assert.Equal(
            ["[pod/two/a] a1", "[pod/two/a] a2", "[pod/two/a] a3", "[pod/two/b] b1", "[pod/two/b] b2", "[pod/two/b] b3"],
            bed.Done("logs", "-l", "app=two", "--all-containers", "--prefix").TrimEnd('\n').Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_run_before()
    {
        Assert.Equal(0, bed.RunSpec("again", """
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sh, -c, "echo pid $(cat /v/n 2>/dev/null); echo x >> /v/n; sleep 100"], volumeMounts: [{name: v, mountPath: /v}]}]
              volumes: [{name: v, emptyDir: {}}]
            """).ExitCode);
        PodBed.Until(() => bed.Done("logs", "again") == "pid\n" || bed.Done("logs", "again") == "pid \n", "it runs");
        Assert.Equal("peapod: previous terminated container \"c\" in pod \"again\" not found\n", bed.Pod("logs", "-p", "again").Error);
        bed.Done("kill", "again");
        PodBed.Until(() => bed.Done("logs", "again") == "pid x\n", "it runs again");

        Assert.Equal("pid", bed.Done("logs", "--previous", "again").Trim());
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Run();

        Assert.Equal("peapod: POD or -l LABELS: whose logs are wanted is missing\n", bed.Pod("logs").Error);
        Assert.Equal("peapod: --all-containers and -c: only one of them can say which container\n", bed.Pod("logs", "two", "-c", "a", "--all-containers").Error);
        Assert.Equal("peapod: --since \"x\": not a duration\n  expected such as 5s, 2m or 3h\n", bed.Pod("logs", "two", "--since", "x").Error);
        Assert.Equal("peapod: --since-time \"x\": not a time\n  expected such as 2026-01-31T12:00:00Z\n", bed.Pod("logs", "two", "--since-time", "x").Error);
        Assert.Equal("peapod: container x is not valid for pod two; it has: [a b]\n", bed.Pod("logs", "two", "-c", "x").Error);
    }
}
