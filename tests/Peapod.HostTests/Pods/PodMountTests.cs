using Mono.Unix.Native;
using Peapod.HostTests.Harness;
using Peapod.HostTests.Security;
using Xunit.Abstractions;

namespace Peapod.HostTests.Pods;

/// <summary>How volumes are mounted into containers.</summary>
public sealed class PodMountTests(ITestOutputHelper output) : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    [Field("spec.containers[].volumeMounts[].subPathExpr")]
    public void A_sub_path_has_the_containers_variables()
    {
        Start("expr", "{name: v, mountPath: /v, subPathExpr: logs/$(POD)}", "emptyDir: {}", "env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]");
        bed.Done("exec", "expr", "--", "touch", "/v/file");
        Assert.True(File.Exists($"{bed.DataOf("expr")}/volumes/v/logs/expr/file"));

        // Made with the mode of the volume, so that everybody may write there who may write to the volume.
        Assert.Equal(0, Syscall.stat($"{bed.DataOf("expr")}/volumes/v/logs/expr", out var status));
        Assert.Equal(FilePermissions.ACCESSPERMS, status.st_mode & FilePermissions.ALLPERMS);
    }

    [Theory]
    [Field("spec.containers[].volumeMounts[].recursiveReadOnly", "spec.containers[].volumeMounts[].readOnly")]
    [InlineData("readOnly: true", "ro rw")]
    [InlineData("readOnly: true, recursiveReadOnly: Disabled", "ro rw")]
    [InlineData("readOnly: true, recursiveReadOnly: Enabled", "ro ro")]
    [InlineData("readOnly: true, recursiveReadOnly: IfPossible", "ro ro")]
    [InlineData("readOnly: false", "rw rw")]
    public void What_is_mounted_below_a_read_only_volume_is_read_only_when_that_is_asked_for(string options, string modes)
    {
        using var mounted = new Mounted(bed, "tmpfs", "inner");
        Start("ro", $"{{name: v, mountPath: /v, {options}}}", $"hostPath: {{path: {mounted.Folder}}}");
        Assert.Equal($"{modes}\n", bed.Done("exec", "ro", "--", "sh", "-c", "echo $(grep -E ' /v(/inner)? ' /proc/mounts | cut -d' ' -f4 | cut -d, -f1)"));
    }

    [Fact]
    [Field("spec.containers[].volumeMounts[].mountPropagation")]
    public void Later_mounts_of_the_host_are_seen_only_when_that_is_asked_for()
    {
        using var shared = new Mounted(bed, "shared", null);
        Start("slave", "{name: v, mountPath: /v, mountPropagation: HostToContainer}, {name: v, mountPath: /w}", $"hostPath: {{path: {shared.Folder}}}");

        using (new Mounted(bed, "tmpfs", "shared/later"))
        {
            Assert.Equal("/v/later\n", bed.Done("exec", "slave", "--", "sh", "-c", "grep later /proc/mounts | cut -d' ' -f2"));
        }

        Assert.Equal("", bed.Done("exec", "slave", "--", "sh", "-c", "grep later /proc/mounts || true"));
    }

    [Fact]
    [Field("spec.containers[].volumeMounts[].mountPropagation")]
    public void The_mounts_of_a_privileged_container_are_seen_on_the_host_when_that_is_asked_for()
    {
        using var shared = new Mounted(bed, "shared", null);
        Directory.CreateDirectory($"{shared.Folder}/made");
        Start("both", "{name: v, mountPath: /v, mountPropagation: Bidirectional}", $"hostPath: {{path: {shared.Folder}}}", "securityContext: {privileged: true}");

        bed.Done("exec", "both", "--", "mount", "-t", "tmpfs", "none", "/v/made");
        Assert.Contains($" {shared.Folder}/made ", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        bed.Done("exec", "both", "--", "umount", "/v/made");
        Assert.DoesNotContain($" {shared.Folder}/made ", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    [Field("spec.hostUsers")]
    public void In_a_pod_with_users_of_its_own_volumes_belong_to_whom_they_belong_to_without()
    {
        bed.Done("run", "-f", bed.Write("conf.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: mapped}, data: {key: text}}"));
        var run = bed.RunSpec("users", """
              hostUsers: false
              restartPolicy: Never
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "for v in e c d i; do stat -c '%u %g' /v/$v; done; touch /v/e/x; stat -c %u /v/e/x; cat /v/c/key; echo; cat /v/d/name; echo; ls /v/i/bin/busybox"]
                volumeMounts: [{name: e, mountPath: /v/e}, {name: c, mountPath: /v/c}, {name: d, mountPath: /v/d}, {name: i, mountPath: /v/i}]
              volumes:
              - {name: e, emptyDir: {}}
              - {name: c, configMap: {name: mapped}}
              - {name: d, downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}
              - {name: i, image: {reference: localhost/busybox}}
            """);
        Assert.Equal("", run.Error);
        Assert.Equal("0 0\n0 0\n0 0\n65534 65534\n0\ntext\nusers\n/v/i/bin/busybox\n", bed.Done("logs", "-f", "users"));
    }

    [Fact]
    public void Propagation_from_a_private_mount_is_an_error()
    {
        var run = bed.RunSpec("private", $$"""
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /v, mountPropagation: HostToContainer}]}]
              volumes: [{name: v, hostPath: {path: {{bed.Folder}} } }]
            """);
        Assert.Contains("is on a mount that is not shared or slave", run.ExitCode != 0 ? run.Error : bed.Container("private").ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mount_inside_another_one_comes_after_it_and_shared_memory_can_be_a_volume()
    {
        Assert.Equal(0, bed.RunSpec("order", """
              containers:
              - name: c
                image: localhost/busybox
                command: [sleep, "100"]
                volumeMounts: [{name: b, mountPath: /outer/inner}, {name: a, mountPath: /outer}, {name: m, mountPath: /dev/shm}]
              volumes: [{name: a, emptyDir: {}}, {name: b, emptyDir: {}}, {name: m, emptyDir: {medium: Memory, sizeLimit: 3Mi}}]
            """).ExitCode);
        bed.Done("exec", "order", "--", "touch", "/outer/inner/b");
        Assert.True(File.Exists($"{bed.DataOf("order")}/volumes/b/b"));
        Assert.Equal("3072\n", bed.Done("exec", "order", "--", "sh", "-c", "df -k /dev/shm | tail -n 1 | awk '{print $2}'"));
    }

    [Fact]
    [Field("spec.volumes[].emptyDir.medium")]
    public void A_volume_can_be_of_huge_pages()
    {
        Start("huge", "{name: v, mountPath: /v}", "emptyDir: {medium: HugePages-2Mi}");
        Assert.Equal("hugetlbfs pagesize=2M\n", bed.Done("exec", "huge", "--", "sh", "-c", "grep ' /v ' /proc/mounts | sed 's/.* \\(hugetlbfs\\) .*\\(pagesize=2M\\).*/\\1 \\2/'"));
    }

    /// <summary>The pod's memory is limited, which needs the controller.</summary>
    [Fact]
    [Trait("tier", "vm")]
    [Field("spec.volumes[].emptyDir.medium", "spec.volumes[].emptyDir.sizeLimit")]
    public void A_volume_in_memory_holds_no_more_than_its_pod_may_use()
    {
        Start("small", "{name: v, mountPath: /v}", "emptyDir: {medium: Memory, sizeLimit: 1Gi}", "resources: {limits: {memory: 50Mi}}");
        Assert.Equal("51200\n", bed.Done("exec", "small", "--", "sh", "-c", "df -k /v | tail -n 1 | awk '{print $2}'"));
    }

    /// <summary>CVE-2017-1002101, CVE-2021-25741: a container exchanges a part of the path with a link to the host.</summary>
    [Fact]
    [Field("spec.containers[].volumeMounts[].subPath")]
    public void A_part_of_a_sub_path_that_is_exchanged_with_a_link_leads_nowhere()
    {
        var canary = Directory.CreateDirectory($"{bed.Folder}/canary/b").Parent!.FullName;
        File.WriteAllText($"{canary}/b/secret", "canary\n");
        var volume = Directory.CreateDirectory($"{bed.Folder}/volume").FullName;
        Directory.CreateDirectory($"{volume}/a/b");
        Assert.Equal(0, Syscall.symlink($"../../../../../../../..{canary}", $"{volume}/up"));
        Assert.Equal(0, Syscall.symlink(canary, $"{volume}/absolute"));
        Assert.Equal(0, Syscall.symlink("/proc/1/root", $"{volume}/magic"));
        var attempts = int.TryParse(Environment.GetEnvironmentVariable("PEAPOD_RACES"), out var races) ? races : 30;
        var (ran, escapes) = (0, 0);
        using var racer = Attacker.Exchange(volume, "a", "up", "absolute", "magic");
        try
        {
            for (var i = 0; i < attempts; i++)
            {
                var run = bed.RunSpec($"r{i}", $$"""
                      restartPolicy: Never
                      containers: [{name: c, image: localhost/busybox, command: [sh, -c, "ls /v; cat /v/secret; cat /proc/self/mountinfo | grep ' /v '; touch /w/x"], volumeMounts: [{name: v, mountPath: /v, subPath: a/b}, {name: v, mountPath: /w, subPath: a/b/new{{i}}}]}]
                      volumes: [{name: v, hostPath: {path: {{volume}} } }]
                    """);
                if (run.ExitCode == 0)
                {
                    ran++;
                    var pod = $"r{i}";

                    // One whose path was not what it should be is not made, and waits to be tried again.
                    PodBed.Until(() => bed.Ended(pod) is not null || ((string?)bed.Container(pod)["state"]!["waiting"]?["reason"])?.StartsWith("CreateContainer", StringComparison.Ordinal) == true, $"{pod} has ended or waits");
                    var logs = bed.Pod("logs", pod).Output;
                    escapes += logs.Contains("canary", StringComparison.Ordinal) ? 1 : 0;
                }

                bed.Pod("rm", "-f", $"r{i}");
            }
        }
        finally
        {
            racer.Kill();
            racer.WaitForExit();
        }

        output.WriteLine($"{attempts} attempts, {ran} of them ran, {escapes} escapes");
        Assert.Equal(0, escapes);
        Assert.InRange(ran, 1, attempts);
        Assert.Equal([$"{canary}/b", $"{canary}/b/secret"], Directory.GetFileSystemEntries(canary, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    private void Start(string name, string mounts, string volume, string container = "stdin: false")
    {
        var run = bed.RunSpec(name, $$"""
              containers:
              - name: c
                image: localhost/busybox
                command: [sleep, "100"]
                volumeMounts: [{{mounts}}]
                {{container}}
              volumes: [{name: v, {{volume}}}]
            """);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    /// <summary>A mount in the test's folder: a tmpfs, or the folder itself as a mount that is shared.</summary>
    private sealed class Mounted : IDisposable
    {
        private readonly string place;

        internal Mounted(PodBed bed, string kind, string? below)
        {
            Folder = Directory.CreateDirectory($"{bed.Folder}/{(kind == "shared" ? "shared" : "mounted")}").FullName;
            place = below is null ? Folder : Directory.CreateDirectory(below.StartsWith("shared/", StringComparison.Ordinal) ? $"{bed.Folder}/{below}" : $"{Folder}/{below}").FullName;
            var made = kind == "shared"
                ? PeapodCommand.Start("sh", "-c", $"mount --bind {place} {place} && mount --make-shared {place}")
                : PeapodCommand.Start("mount", "-t", "tmpfs", "none", place);
            Assert.True(made.ExitCode == 0, made.Error);
        }

        internal string Folder { get; }

        public void Dispose() => PeapodCommand.Start("umount", "-l", place);
    }
}
