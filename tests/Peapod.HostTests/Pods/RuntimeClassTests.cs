using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Pods whose containers another OCI runtime makes.</summary>
public sealed class RuntimeClassTests : IDisposable
{
    public static readonly TheoryData<string> Peers = ["crun", "runc"];
    private const string Missing = "/nowhere/nothing";
    private readonly PodBed bed = new();

    public RuntimeClassTests()
    {
        bed.Write("runtimes.json", $$"""{ "crun": { "path": "{{Peer.Any("crun")}}" }, "runc": { "path": "{{Peer.Any("runc")}}", "args": ["--debug=false"] }, "gone": { "path": "{{Missing}}" } }""");
        bed.Done("run", "-f", bed.Write("classes.yaml", string.Join("\n---\n", new[] { "crun", "runc", "kata", "peapod", "gone" }.Select(static name =>
            $"{{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {{name: {name}}}, handler: {name}, overhead: {{podFixed: {{cpu: 1m}}}}}}"))));
    }

    public void Dispose() => bed.Dispose();

    [SkippableTheory]
    [MemberData(nameof(Peers))]
    [Field("spec.runtimeClassName", "RuntimeClass.handler")]
    public void A_pod_of_a_class_runs_is_executed_in_logs_restarts_and_stops(string peer)
    {
        Peer.Need(Peer.Any(peer));
        Run("other", peer, """
              restartPolicy: Always
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "trap 'echo term; exit 0' TERM; echo begun $E; echo err >&2; hostname; cat /data/file /sub/file /dev/shm/word; while [ ! -e /data/end ]; do sleep 0.05; done; rm /data/end; echo words > /dev/termination-log; exit 7"]
                env: [{name: E, value: env}]
                resources: {requests: {cpu: 1m}}
                volumeMounts: [{name: v, mountPath: /data}, {name: v, mountPath: /sub, subPath: deep}]
                readinessProbe: {exec: {command: [cat, /data/file]}, periodSeconds: 1}
                lifecycle: {preStop: {exec: {command: [sh, -c, "touch /data/stopped"]}}}
              initContainers:
              - name: i
                image: localhost/busybox
                command: [sh, -c, "mkdir /data/deep; echo text > /data/file; echo inner > /data/deep/file; echo shared > /dev/shm/word"]
                volumeMounts: [{name: v, mountPath: /data}]
              volumes: [{name: v, emptyDir: {}}]
            """);
        string[] lines = ["begun env", "err", "inner", "other", "shared", "text"];
        PodBed.Until(() => Lines().Length >= lines.Length, "it has begun");
        Assert.Equal(lines, Lines().Order(StringComparer.Ordinal));

        // It is that runtime's container.
        var state = PeapodCommand.Start(Peer.Any(peer), "--root", $"{bed.RunOf("other")}/runtime", "state", "default_other_c");
        Assert.Contains("\"status\": \"running\"", state.Output, StringComparison.Ordinal);
        PodBed.Until(() => (bool)bed.Container("other")["ready"]!, "it is ready");

        var failed = bed.Pod("exec", "other", "--", "sh", "-c", "cat /sub/file; exit 5");
        Assert.Equal(("inner\n", 5), (failed.Output, failed.ExitCode));

        bed.Done("exec", "other", "--", "touch", "/data/end");
        PodBed.Until(() => bed.Restarts("other") == 1 && bed.Container("other")["state"]!["running"] is not null, "it runs again");
        Assert.Equal(7, bed.ExitCode("other"));
        Assert.Equal("words\n", (string)bed.Ended("other")!["message"]!);

        bed.Done("stop", "other");
        Assert.Contains("term\n", bed.Done("logs", "other", "-c", "c"), StringComparison.Ordinal);
        Assert.True(File.Exists($"{bed.DataOf("other")}/volumes/v/stopped"));
        Assert.Equal(0, bed.ExitCode("other"));
        bed.Done("rm", "other");

        string[] Lines() => bed.Pod("logs", "other", "-c", "c").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [SkippableTheory]
    [MemberData(nameof(Peers))]
    [Field("spec.runtimeClassName")]
    public void Nothing_of_it_is_left_when_its_supervisor_is_killed(string peer)
    {
        Peer.Need(Peer.Any(peer));
        Run("crash", peer, "  containers: [{name: c, image: localhost/busybox, command: [sh, -c, 'sleep 1000 & sleep 1000; exit 3']}]");
        PodBed.Kill(bed.Supervisor("crash"));

        // Another one takes it over, and learns of its end.
        Assert.Equal("up\n", bed.Done("exec", "crash", "--", "echo", "up"));
        bed.Pod("exec", "crash", "--", "kill", "-9", "-1");
        PodBed.Until(() => bed.Restarts("crash") >= 1 && bed.Container("crash")["state"]!["running"] is not null, "it runs again", 30);

        PodBed.Kill(bed.Supervisor("crash"));
        bed.Done("rm", "-f", "crash");
    }

    [SkippableTheory]
    [MemberData(nameof(Peers))]
    [Field("spec.runtimeClassName")]
    public void A_container_of_it_has_a_terminal(string peer)
    {
        Peer.Need(Peer.Any(peer));
        Run("tty", peer, "  restartPolicy: Never\n  containers: [{name: c, image: localhost/busybox, tty: true, command: [sh, -c, 'test -t 0 && echo terminal']}]");
        Assert.Equal("terminal\r\n", bed.Done("logs", "-f", "tty"));
    }

    [SkippableTheory]
    [MemberData(nameof(Peers))]
    [Field("spec.runtimeClassName")]
    public void A_command_that_is_not_there_is_told_and_leaves_nothing(string peer)
    {
        Peer.Need(Peer.Any(peer));
        var run = Try("none", peer, "  restartPolicy: Never\n  containers: [{name: c, image: localhost/busybox, command: [/none]}]");
        Assert.True(run.ExitCode == 127, run.Error);
        Assert.Contains($"container \"c\": {peer} ", run.Error, StringComparison.Ordinal);
        Assert.Contains("/none", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Field("spec.runtimeClassName", "RuntimeClass.handler", "RuntimeClass.overhead.podFixed")]
    public void Classes_and_runtimes_that_there_are_not_are_told_in_Kubernetes_words()
    {
        const string containers = "  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]";
        Assert.Equal("peapod: pods \"x\" is forbidden: pod rejected: RuntimeClass \"none\" not found\n", Try("x", "none", containers).Error);
        Assert.StartsWith("peapod: Failed to create pod sandbox: no runtime for \"kata\" is configured\n", Try("x", "kata", containers).Error, StringComparison.Ordinal);
        Assert.Contains($"gone.path: \"{Missing}\" is not there", Try("x", "gone", containers).Error, StringComparison.Ordinal);
        Assert.Equal("peapod: pods \"x\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead\n", Try("x", "peapod", "  overhead: {cpu: 2m}\n" + containers).Error);
        Assert.Equal("", bed.Done("ps", "-o", "name"));

        // Its own handler needs no file.
        Run("own", "peapod", containers);
        Assert.Equal("1m", (string)bed.Inspect("own")["spec"]!["overhead"]!["cpu"]!);
        Assert.False(Directory.Exists($"{bed.RunOf("own")}/bundles"));

        Assert.Contains("kata", bed.Done("get", "runtimeclasses"), StringComparison.Ordinal);
        Assert.Equal("runtimeclass.node.k8s.io \"kata\" deleted\n", bed.Done("delete", "runtimeclass", "kata"));
    }

    private void Run(string name, string runtimeClass, string spec)
    {
        var run = Try(name, runtimeClass, spec);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private CommandResult Try(string name, string runtimeClass, string spec) =>
        bed.Pod("run", "--runtimes-config", $"{bed.Folder}/runtimes.json", "-f", bed.Write($"{name}.yaml", PodBed.Manifest(name, $"  runtimeClassName: {runtimeClass}\n{spec}")));
}
