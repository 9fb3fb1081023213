using Mono.Unix.Native;
using Peapod.HostTests.Harness;
using Peapod.HostTests.Security;
using Xunit.Abstractions;

namespace Peapod.HostTests.Pods;

/// <summary>ConfigMaps, Secrets and fields as files.</summary>
public sealed class PodObjectVolumeTests : IDisposable
{
    private const string Objects = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: conf}
        data: {key: one, other: two}
        binaryData: {bytes: /v8=}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: hidden}
        stringData: {password: secret}
        """;

    private readonly PodBed bed = new();

    private readonly ITestOutputHelper output;

    public PodObjectVolumeTests(ITestOutputHelper output)
    {
        this.output = output;
        Apply(Objects);
    }

    public void Dispose() => bed.Dispose();

    [Fact]
    [Field("spec.volumes[].configMap", "spec.volumes[].secret", "spec.volumes[].projected", "spec.securityContext.fsGroup")]
    public void Objects_are_files_with_the_modes_and_the_group_that_are_asked_for()
    {
        Start("files", "conf, configMap: {name: conf}", "some, configMap: {name: conf, items: [{key: key, path: deep/er, mode: 0400}], defaultMode: 0777}", "hidden, secret: {secretName: hidden, defaultMode: 0400}",
            "all, projected: {sources: [{secret: {name: hidden}}, {configMap: {name: conf, items: [{key: other, path: here}]}}, {downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}]}",
            "none, configMap: {name: none, optional: true}");

        Assert.Equal("bytes\nkey\nother\n", Exec("files", "ls /v/conf"));
        Assert.Equal("one two 2\n", Exec("files", "echo $(cat /v/conf/key) $(cat /v/conf/other) $(wc -c < /v/conf/bytes)"));
        Assert.Equal("..data/key\n", Exec("files", "readlink /v/conf/key"));
        Assert.Equal("440 4321 one\n", Exec("files", "echo $(stat -Lc '%a %g' /v/some/deep/er) $(cat /v/some/deep/er)"));
        Assert.Equal("440 0 4321 secret\n", Exec("files", "echo $(stat -Lc '%a %u %g' /v/hidden/password) $(cat /v/hidden/password)"));
        Assert.Equal("tmpfs ro,nosuid,nodev\n", Exec("files", "grep ' /v/hidden ' /proc/mounts | cut -d' ' -f3,4 | cut -d, -f1-3"));
        Assert.Equal("here name password\nfiles\n", Exec("files", "echo $(ls /v/all); cat /v/all/name; echo"));
        Assert.Equal("", Exec("files", "ls /v/none"));
        Assert.Equal("touch: /v/conf/new: Read-only file system\n", bed.Pod("exec", "files", "--", "touch", "/v/conf/new").Error);
        Assert.Equal((FilePermissions)0, Mode($"{bed.DataOf("files")}/volumes") & FilePermissions.ALLPERMS & ~FilePermissions.S_IRWXU);
    }

    [Fact]
    [Field("spec.volumes[].configMap", "spec.containers[].volumeMounts[].subPath")]
    public void A_change_of_an_object_is_seen_in_the_running_pod_at_once_and_whole_but_not_through_a_sub_path()
    {
        Assert.Equal(0, bed.RunSpec("live", """
              containers:
              - name: c
                image: localhost/busybox
                command: [sleep, "100"]
                volumeMounts: [{name: v, mountPath: /v}, {name: v, mountPath: /part/key, subPath: key}]
              volumes: [{name: v, configMap: {name: conf}}]
            """).ExitCode);
        var before = Exec("live", "readlink /v/..data");

        Assert.Equal("configmap/conf configured\n", Apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: conf}, data: {key: changed, added: three}}"));

        Assert.Equal("added key\nchanged three\none\n", Exec("live", "echo $(ls /v); echo $(cat /v/key) $(cat /v/added); cat /part/key; echo"));
        Assert.NotEqual(before, Exec("live", "readlink /v/..data"));
        var after = Exec("live", "readlink /v/..data");
        Assert.Equal(4, Directory.GetFileSystemEntries($"{bed.DataOf("live")}/volumes/v").Length);

        // The same again is no change, and makes none.
        Apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: conf, labels: {a: b}}, data: {key: changed, added: three}}");
        Assert.Equal(after, Exec("live", "readlink /v/..data"));
    }

    [Theory]
    [InlineData("configMap: {name: conf}")]
    [InlineData("secret: {secretName: hidden}")]
    [InlineData("projected: {sources: [{configMap: {name: conf}}]}")]
    [InlineData("downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}")]
    [Field("spec.volumes[].configMap", "spec.volumes[].secret", "spec.volumes[].projected", "spec.volumes[].downwardAPI")]
    public void Others_are_mounted_in_a_volume_of_files_in_folders_that_are_made_for_them(string volume)
    {
        Assert.Equal(0, bed.RunSpec("nested", $$"""
              containers:
              - name: c
                image: localhost/busybox
                command: [sleep, "100"]
                volumeMounts: [{name: deep, mountPath: /etc/app/conf.d/deep}, {name: v, mountPath: /etc/app/}, {name: inner, mountPath: /etc/app/conf.d}, {name: other, mountPath: /etc/application}]
              volumes: [{name: v, {{volume}} }, {name: inner, secret: {secretName: hidden} }, {name: deep, configMap: {name: conf} }, {name: other, emptyDir: {} }]
            """).ExitCode);

        Assert.Equal("secret one\n", Exec("nested", "echo $(cat /etc/app/conf.d/password) $(cat /etc/app/conf.d/deep/key)"));
        Apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: conf}, data: {key: changed}}");
        Assert.Equal("secret changed\n", Exec("nested", "echo $(cat /etc/app/conf.d/password) $(cat /etc/app/conf.d/deep/key)"));
        Assert.Contains("conf.d\n", Exec("nested", "ls /etc/app"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mount_on_what_a_volume_is_turned_by_does_not_break_the_volume()
    {
        bed.RunSpec("turned", """
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /v}]}
              - {name: d, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /v}, {name: e, mountPath: /v/..data}]}
              volumes: [{name: v, configMap: {name: conf}}, {name: e, emptyDir: {}}]
            """);

        Assert.Equal("one\n", bed.Done("exec", "-c", "c", "turned", "--", "sh", "-c", "cat /v/key; echo"));
    }

    /// <summary>CVE-2025-9566 of podman: the next write went through a link that the container had made.</summary>
    [Fact]
    public void What_a_container_puts_in_the_place_of_a_key_is_never_followed()
    {
        Start("evil", "conf, configMap: {name: conf}", "hidden, secret: {secretName: hidden}");
        var canary = bed.Write("canary", "untouched\n");
        Directory.CreateDirectory($"{bed.Folder}/tree/inner");
        foreach (var volume in new[] { "conf", "hidden" })
        {
            // As a container would that has found a way to write there.
            var folder = $"{bed.DataOf("evil")}/volumes/{volume}";
            var key = volume == "conf" ? "key" : "password";
            var turns = new Action[]
            {
                () => Replace($"{folder}/{key}", canary),
                () => Replace($"{folder}/{Link($"{folder}/..data")}/{key}", canary),
                () => Replace($"{folder}/..data", $"{bed.Folder}/tree"),
                () => Replace($"{folder}/..data", "/proc/self/root"),
                () => { Replace($"{folder}/..data", "x"); File.Delete($"{folder}/..data"); Directory.CreateDirectory($"{folder}/..data/a"); Replace($"{folder}/..data/{key}", canary); },
                () => Directory.CreateDirectory($"{folder}/{key}.d/e").CreateSubdirectory("f"),
                () => { File.Delete($"{folder}/{key}"); Assert.Equal(0, Syscall.mkfifo($"{folder}/{key}", FilePermissions.ALLPERMS)); },
                () => Replace($"{folder}/..data_tmp", $"{bed.Folder}/tree"),
                () => { foreach (var entry in Directory.GetFileSystemEntries(folder)) { if (Directory.Exists(entry) && File.ResolveLinkTarget(entry, false) is null) { Directory.Delete(entry, true); } } },
            };
            for (var i = 0; i < turns.Length; i++)
            {
                turns[i]();
                Apply($"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: conf}}, data: {{key: {volume}{i}}}}}\n---\n{{apiVersion: v1, kind: Secret, metadata: {{name: hidden}}, stringData: {{password: {volume}{i}}}}}");

                Assert.Equal($"{volume}{i}", Exec("evil", $"cat /v/{volume}/{key}"));
                Assert.Equal($"{key}\n", Exec("evil", $"ls /v/{volume}"));
                Assert.Equal("untouched\n", File.ReadAllText(canary));
                Assert.Equal([$"{bed.Folder}/tree/inner"], Directory.GetFileSystemEntries($"{bed.Folder}/tree", "*", SearchOption.AllDirectories));
                Assert.Equal(3, Directory.GetFileSystemEntries(folder).Length);
            }
        }
    }

    [Fact]
    public void A_volume_that_is_written_while_its_names_are_exchanged_with_links_leads_nowhere()
    {
        Start("race", "conf, configMap: {name: conf}");
        var folder = $"{bed.DataOf("race")}/volumes/conf";
        Directory.CreateDirectory($"{bed.Folder}/tree");
        File.WriteAllText($"{bed.Folder}/tree/key", "untouched\n");
        Assert.Equal(0, Syscall.symlink($"{bed.Folder}/tree", $"{folder}/.evil"));
        var attempts = int.TryParse(Environment.GetEnvironmentVariable("PEAPOD_RACES"), out var races) ? races : 30;
        var written = 0;
        using var racer = Attacker.Exchange(folder, "..data", ".evil");
        try
        {
            for (var i = 0; i < attempts; i++)
            {
                // The writer takes unknown names away: the racer's too, which has to be there anew.
                Syscall.symlink($"{bed.Folder}/tree", $"{folder}/.evil");
                Apply($"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: conf}}, data: {{key: '{i}'}}}}");
                written += Directory.GetDirectories(folder, "..2*").Any(made => File.Exists($"{made}/key") && File.ReadAllText($"{made}/key") == $"{i}") ? 1 : 0;
                Assert.Equal("untouched\n", File.ReadAllText($"{bed.Folder}/tree/key"));
                Assert.Single(Directory.GetFileSystemEntries($"{bed.Folder}/tree"));
            }
        }
        finally
        {
            racer.Kill();
            racer.WaitForExit();
        }

        output.WriteLine($"{attempts} attempts, {written} of them written, 0 escapes");
        Assert.InRange(written, 1, attempts);
    }

    [Theory]
    [InlineData("configMap: {name: late}", "configmap \"late\" not found", "kind: ConfigMap, metadata: {name: late}")]
    [InlineData("configMap: {name: late_map}", "configmap \"late_map\" not found", null)]
    [InlineData("secret: {secretName: late}", "secret \"late\" not found", "kind: Secret, metadata: {name: late}")]
    [InlineData("projected: {sources: [{secret: {name: late}}]}", "secret \"late\" not found", "kind: Secret, metadata: {name: late}")]
    [InlineData("configMap: {name: conf, items: [{key: none, path: p}]}", "configmap references non-existent config key: none", "kind: ConfigMap, metadata: {name: conf}, data: {none: x}")]
    [InlineData("persistentVolumeClaim: {claimName: late}", "persistentvolumeclaim \"late\" not found", "kind: PersistentVolumeClaim, metadata: {name: late}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}")]
    public void A_volume_whose_object_is_missing_is_waited_for(string volume, string why, string? comes)
    {
        var run = bed.RunSpec("waits", $$"""
              terminationGracePeriodSeconds: 1
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: m, mountPath: /m}, {name: v, mountPath: /v}]}]
              volumes: [{name: m, emptyDir: {medium: Memory} }, {name: v, {{volume}}}]
            """);
        Assert.Equal(("", "pod/waits created\n", 0), (run.Error, run.Output, run.ExitCode));

        Assert.Equal("ContainerCreating", (string)bed.Container("waits")["state"]!["waiting"]!["reason"]!);
        Assert.Equal("Pending", (string)bed.Status("waits")["phase"]!);
        Assert.Contains($"FailedMount MountVolume.SetUp failed for volume \"v\" : {why}", Events(), StringComparison.Ordinal);
        if (comes is not null)
        {
            Apply($"{{apiVersion: v1, {comes}}}");
            PodBed.Until(() => bed.Container("waits")["state"]!["running"] is not null, "it runs", seconds: 20);
        }

        bed.Done("delete", "waits");
        bed.AssertNothingLeft();
    }

    [Fact]
    public void A_pod_that_waits_for_a_volume_is_taken_over_and_can_be_stopped()
    {
        Assert.Equal(0, bed.RunSpec("waits", """
              restartPolicy: Never
              terminationGracePeriodSeconds: 1
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /v}]}]
              volumes: [{name: v, configMap: {name: late} }]
            """).ExitCode);
        PodBed.Kill(bed.Supervisor("waits"));

        // The next command has another supervisor look after it.
        PodBed.Until(() => (string?)bed.Container("waits")["state"]!["waiting"]?["reason"] == "ContainerCreating", "it still waits");
        Apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: late}}");
        PodBed.Until(() => bed.Container("waits")["state"]!["running"] is not null, "it runs", seconds: 20);
        bed.Done("delete", "waits");
        bed.Done("delete", "configmap/late");

        Assert.Equal(0, bed.RunSpec("waits", "  containers: [{name: c, image: localhost/busybox}]\n  volumes: [{name: v, secret: {secretName: late}}]").ExitCode);
        bed.Done("stop", "waits");
        bed.Done("delete", "waits");
        bed.AssertNothingLeft();
    }

    private string Events() => bed.Done("events", "-o", "jsonpath={range .items[*]}{.reason} {.message}{\"\\n\"}{end}");

    private static string Link(string path) => File.ResolveLinkTarget(path, returnFinalTarget: false)!.Name;

    private static void Replace(string path, string target)
    {
        File.Delete(path);
        Assert.Equal(0, Syscall.symlink(target, path));
    }

    private static FilePermissions Mode(string path)
    {
        Assert.Equal(0, Syscall.stat(path, out var status));
        return status.st_mode;
    }

    private string Apply(string objects) => bed.Done("run", "-f", bed.Write("objects.yaml", objects));

    private string Exec(string pod, string script) => bed.Done("exec", pod, "--", "sh", "-c", script);

    /// <summary>A pod with volumes, each at /v/NAME.</summary>
    private void Start(string name, params string[] volumes)
    {
        var mounts = string.Join(", ", volumes.Select(static volume => $"{{name: {volume.Split(',')[0]}, mountPath: /v/{volume.Split(',')[0]}}}"));
        var run = bed.RunSpec(name, $$"""
              securityContext: {fsGroup: 4321}
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{{mounts}}]}]
              volumes: [{{string.Join(", ", volumes.Select(static volume => $"{{name: {volume}}}"))}}]
            """);
        Assert.True(run.ExitCode == 0, run.Error);
    }
}
