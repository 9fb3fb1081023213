using System.Diagnostics;
using Peapod.HostTests.Harness;
using Peapod.HostTests.Image;

namespace Peapod.HostTests.Pods;

/// <summary>`pod apply` and `pod delete`.</summary>
public sealed class ApplyTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private string File(string more = "", string args = "\"100\"", string labels = "app: web") => bed.Write("web.yaml", $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: { {{labels}} } }
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - {name: a, image: localhost/busybox, command: [sleep, {{args}}]}
        {{more}}
        """);

    private string Uid() => (string)bed.Inspect("web")["metadata"]!["uid"]!;

    [Fact]
    public void Created_then_unchanged_then_configured()
    {
        Assert.Equal("pod/web created\n", bed.Done("apply", "-f", File()));
        var (uid, pid) = (Uid(), bed.Pid("web", "a"));

        Assert.Equal("pod/web unchanged\n", bed.Done("apply", "-f", File()));
        Assert.Equal("pod/web configured\n", bed.Done("apply", "-f", File(labels: "app: blue, tier: front")));

        Assert.Equal((uid, pid, "blue"), (Uid(), bed.Pid("web", "a"), (string)bed.Inspect("web")["metadata"]!["labels"]!["app"]!));
        Assert.Equal("web\n", bed.Done("ps", "-q", "-l", "tier=front"));
    }

    [Fact]
    public void What_cannot_change_is_refused_and_the_pod_runs_on()
    {
        bed.Done("apply", "-f", File());
        var pid = bed.Pid("web", "a");

        var refused = bed.Pod("apply", "-f", File(args: "\"200\""));

        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.StartsWith("peapod: The Pod \"web\" is invalid: spec: Forbidden: pod updates may not change fields other than ", refused.Error);
        Assert.EndsWith("\n  would change: spec.containers[0].command[1]\n  --force replaces the pod by a new one of the same name\n", refused.Error);
        Assert.Equal(pid, bed.Pid("web", "a"));
    }

    private string TwoContainers(string image, string policy = "Always") => bed.Write("web.yaml", $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          restartPolicy: {{policy}}
          terminationGracePeriodSeconds: 1
          initContainers: [{name: first, image: {{image}}, command: ["true"]}]
          containers:
          - {name: a, image: localhost/busybox, command: [sleep, "100"]}
          - {name: b, image: {{image}}, imagePullPolicy: Never, command: [sleep, "100"]}
        """);

    /// <summary>Busybox again, with a file that says so.</summary>
    private void LoadOther()
    {
        var busybox = System.IO.File.ReadAllBytes(PeapodCommand.Start("sh", "-c", "command -v busybox").Output.Trim());
        var layer = new TarBuilder().Directory("bin/").File("bin/busybox", busybox, 0x1ed).Symlink("bin/sleep", "busybox").Symlink("bin/cat", "busybox").Symlink("bin/true", "busybox").File("is", "other\n"u8.ToArray(), 0x1a4);
        var loaded = bed.Image("load", "--tag", "localhost/other", new LayoutBuilder(Directory.CreateDirectory(Path.Combine(bed.Folder, "layout")).FullName).Add("localhost/other", layer.Build()).Finish());
        Assert.True(loaded.ExitCode == 0, loaded.Error);
    }

    [Theory]
    [InlineData("Always")]
    [InlineData("Never")]
    public void A_container_whose_image_changes_is_started_again_with_it_and_the_others_run_on(string policy)
    {
        LoadOther();
        bed.Done("apply", "-f", TwoContainers("localhost/busybox", policy));
        PodBed.Until(() => bed.Container("web", 1)["state"]!["running"] is not null, "it runs");
        var (uid, ip, a, b) = (Uid(), bed.Ip("web"), bed.Pid("web", "a"), bed.Pid("web", "b"));
        var before = (string)bed.Container("web", 1)["imageID"]!;

        Assert.Equal("pod/web configured\n", bed.Done("apply", "-f", TwoContainers("localhost/other", policy)));

        PodBed.Until(() => bed.Restarts("web", 1) == 1 && bed.Container("web", 1)["state"]!["running"] is not null, "it runs again");
        Assert.Equal((uid, ip, a, 0), (Uid(), bed.Ip("web"), bed.Pid("web", "a"), bed.Restarts("web")));
        Assert.NotEqual(b, bed.Pid("web", "b"));
        Assert.Equal("localhost/other", (string)bed.Container("web", 1)["image"]!);
        Assert.NotEqual(before, (string)bed.Container("web", 1)["imageID"]!);
        Assert.Equal("other\n", bed.Done("exec", "-c", "b", "web", "--", "cat", "/is"));
        Assert.Contains("Container b definition changed, will be restarted", bed.Done("events", "-o", "jsonpath={.items[*].message}"));
        Assert.Equal("pod/web unchanged\n", bed.Done("apply", "-f", TwoContainers("localhost/other", policy)));
    }

    [Fact]
    public void An_image_that_is_not_there_leaves_the_pod_as_it_is()
    {
        bed.Done("apply", "-f", TwoContainers("localhost/busybox"));
        PodBed.Until(() => bed.Container("web", 1)["state"]!["running"] is not null, "it runs");
        var b = bed.Pid("web", "b");

        var refused = bed.Pod("apply", "-f", TwoContainers("localhost/none"));

        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("peapod: image \"localhost/none\" (localhost/none:latest) is not in ", refused.Error);
        Assert.Equal((b, "localhost/busybox"), (bed.Pid("web", "b"), (string)bed.Inspect("web")["spec"]!["containers"]![1]!["image"]!));
    }

    [Fact]
    public void A_deadline_that_is_set_ends_the_pod()
    {
        bed.Done("apply", "-f", File());

        Assert.Equal("pod/web configured\n", bed.Done("apply", "-f", File(more: "  activeDeadlineSeconds: 1")));

        PodBed.Until(() => (string?)bed.Status("web")["reason"] == "DeadlineExceeded", "the deadline is over");
    }

    [Fact]
    public void With_force_a_new_pod_takes_its_place()
    {
        bed.Done("apply", "-f", File());
        var uid = Uid();

        Assert.Equal("pod/web replaced\n", bed.Done("apply", "--force", "-f", File(args: "\"200\"")));

        Assert.NotEqual(uid, Uid());
        Assert.Equal("200", (string)bed.Inspect("web")["spec"]!["containers"]![0]!["command"]![1]!);
    }

    [Fact]
    public void A_folder_is_all_of_its_manifests_in_their_order()
    {
        var folder = Directory.CreateDirectory(Path.Combine(bed.Folder, "pods")).FullName;
        System.IO.File.WriteAllText($"{folder}/b.yaml", PodBed.Manifest("second", "  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]"));
        System.IO.File.WriteAllText($"{folder}/a.yml", PodBed.Manifest("first", "  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]"));
        System.IO.File.WriteAllText($"{folder}/README", "not a manifest");

        Assert.Equal("pod/first created\npod/second created\n", bed.Done("apply", "-f", folder));
        Assert.Equal("pod \"first\" deleted\npod \"second\" deleted\n", bed.Done("delete", "--force", "-f", folder));
        bed.AssertNothingLeft();
    }

    [Fact]
    public void Bad_input_is_named_and_leaves_nothing()
    {
        Assert.Equal("peapod: -f FILE: what shall be applied is missing\n", bed.Pod("apply").Error);
        Assert.Equal("peapod: -f /no/such: No such file or directory\n", bed.Pod("apply", "-f", "/no/such").Error);
        Assert.Equal($"peapod: -f {bed.Folder}: no *.yaml, *.yml or *.json in that folder\n", bed.Pod("apply", "-f", bed.Folder).Error);
        var other = bed.Pod("apply", "-n", "blue", "-f", bed.Write("other.yaml", PodBed.Manifest("x\n  namespace: red", "  containers: [{name: c, image: localhost/busybox}]")));
        Assert.EndsWith(": the namespace of \"x\", \"red\", does not match the namespace \"blue\" of -n\n", other.Error);
        bed.AssertNothingLeft();
    }

    [Fact]
    public void Delete_stops_within_the_grace_period()
    {
        Assert.Equal(0, bed.RunSpec("polite", """
              terminationGracePeriodSeconds: 20
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "trap 'echo bye > /v/said; exit 0' TERM; echo ready; while true; do sleep 0.05; done"], volumeMounts: [{name: v, mountPath: /v}]}
              volumes: [{name: v, hostPath: {path: DIR}}]
            """.Replace("DIR", bed.Folder)).ExitCode);
        PodBed.Until(() => bed.Done("logs", "polite") == "ready\n", "it is ready");

        Assert.Equal("pod \"polite\" deleted\n", bed.Done("delete", "polite"));

        Assert.Equal("bye\n", System.IO.File.ReadAllText(Path.Combine(bed.Folder, "said")));
        bed.AssertNothingLeft();
    }

    [Fact]
    public void Delete_with_a_grace_period_of_its_own_or_none()
    {
        bed.Done("run", "--image", "localhost/busybox", "deaf", "--", "sh", "-c", "trap '' TERM; sleep 100");
        var clock = Stopwatch.StartNew();
        bed.Done("delete", "deaf", "--now");
        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 8);

        bed.Done("run", "--image", "localhost/busybox", "deaf", "--", "sh", "-c", "trap '' TERM; sleep 100");
        clock.Restart();
        bed.Done("delete", "pod/deaf", "--force");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
        bed.AssertNothingLeft();
    }

    [Fact]
    public void Delete_by_labels_and_what_is_not_there()
    {
        bed.Done("apply", "-f", File());

        Assert.Equal("No resources found\n", bed.Pod("delete", "-l", "app=none").Error);
        Assert.Equal("pod \"web\" deleted\n", bed.Done("delete", "-l", "app=web", "--force"));
        Assert.Equal(("peapod: pods \"web\" not found\n", 1), (bed.Pod("delete", "web").Error, bed.Pod("delete", "web").ExitCode));
        Assert.Equal(("", 0), (bed.Pod("delete", "web", "--ignore-not-found").Error, bed.Pod("delete", "web", "--ignore-not-found").ExitCode));
        Assert.Equal("peapod: NAME, -f FILE, -l LABELS or --all: what shall be deleted is missing\n", bed.Pod("delete").Error);
        Assert.Equal("peapod: NAME, -f, -l and --all: only one of them can say what shall be deleted\n", bed.Pod("delete", "web", "--all").Error);
        bed.AssertNothingLeft();
    }

    [Fact]
    public void A_claims_data_stay_unless_they_are_to_go_too()
    {
        var file = bed.Write("claim.yaml", """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: cmd-data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: writer}
            spec:
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sh, -c, "echo kept > /d/file; sleep 100"], volumeMounts: [{name: d, mountPath: /d}]}]
              volumes: [{name: d, persistentVolumeClaim: {claimName: cmd-data}}]
            """);
        var folder = $"{bed.DataRoot}/claims/default/cmd-data";
        bed.Done("apply", "-f", file);
        PodBed.Until(() => System.IO.File.Exists($"{folder}/file"), "it has written");

        Assert.Equal("peapod: persistentvolumeclaim \"cmd-data\" is used by pod \"writer\"\n", bed.Pod("delete", "pvc", "cmd-data", "--with-data").Error);
        Assert.Equal("pod \"writer\" deleted\n", bed.Done("delete", "--only-pods", "-f", file));
        Assert.Equal("persistentvolumeclaim/cmd-data\n", bed.Done("get", "pvc", "-o", "name"));
        Assert.Equal("persistentvolumeclaim \"cmd-data\" deleted\n", bed.Done("delete", "pvc", "cmd-data"));
        Assert.True(System.IO.File.Exists($"{folder}/file"));
        Assert.Equal("persistentvolumeclaims \"cmd-data\" not found\n", bed.Pod("delete", "pvc/cmd-data", "--with-data").Error.Replace("peapod: ", ""));
        Assert.False(Directory.Exists(folder));
    }
}
