using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class PodVolumeTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    /// <summary>Runs a pod of one container with a volume at /v, and returns what it printed.</summary>
    private string RunWith(string volume, string script, string mount = "{name: v, mountPath: /v}")
    {
        Assert.Equal("", bed.RunSpec("vol", $$"""
              restartPolicy: Never
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "{{script}}"], volumeMounts: [{{mount}}]}
              volumes: [{name: v, {{volume}}}]
            """).Error);
        var logs = bed.Pod("logs", "-f", "vol");
        bed.Done("rm", "vol");
        return logs.Output + logs.Error;
    }

    [Fact]
    [Field("spec.volumes[].emptyDir", "spec.containers[].volumeMounts[].readOnly")]
    public void An_empty_volume_is_shared_writable_by_all_and_gone_with_its_pod()
    {
        Assert.Equal(0, bed.RunSpec("pair", """
              containers:
              - {name: a, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /here}], securityContext: {runAsUser: 1000}}
              - {name: b, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /deep/there, readOnly: true}]}
              volumes: [{name: v, emptyDir: {}}]
            """).ExitCode);

        bed.Done("exec", "-c", "a", "pair", "--", "sh", "-c", "echo text > /here/file");

        Assert.Equal("text\n", bed.Done("exec", "-c", "b", "pair", "--", "cat", "/deep/there/file"));
        Assert.Equal("touch: /deep/there/x: Read-only file system\n", bed.Pod("exec", "-c", "b", "pair", "--", "touch", "/deep/there/x").Error);
        Assert.True(File.Exists($"{bed.DataOf("pair")}/volumes/v/file"));
        bed.Done("rm", "-f", "pair");
        Assert.False(Directory.Exists(bed.DataOf("pair")));
    }

    [Fact]
    [Field("spec.volumes[].emptyDir.medium", "spec.volumes[].emptyDir.sizeLimit")]
    public void A_volume_in_memory_has_the_size_that_was_asked_for() =>
        Assert.Equal(
            "tmpfs\n1048576\nfull\n",
            RunWith("emptyDir: {medium: Memory, sizeLimit: 1Mi}", "grep ' /v ' /proc/mounts | cut -d' ' -f3; head -c 2000000 /dev/zero > /v/f 2>/dev/null || stat -c %s /v/f; echo full"));

    [Fact]
    [Field("spec.containers[].volumeMounts[].subPath")]
    public void A_sub_path_is_made_when_it_is_missing_and_is_all_that_is_seen() =>
        Assert.Equal("inner\n", RunWith("emptyDir: {}", "echo inner > /v/f; ls -A /v/..|grep -x v >/dev/null; cat /v/f", "{name: v, mountPath: /v, subPath: one/two}"));

    [Fact]
    [Field("spec.containers[].volumeMounts[].subPath", "spec.volumes[].hostPath.path")]
    public void A_sub_path_that_is_a_symlink_stays_inside_its_volume()
    {
        var host = Directory.CreateDirectory(Path.Combine(bed.Folder, "host")).FullName;
        Directory.CreateDirectory(Path.Combine(host, "etc"));
        File.WriteAllText(Path.Combine(host, "etc", "name"), "inside\n");
        Assert.Equal(0, Syscall.symlink("/etc", Path.Combine(host, "link")));
        Assert.Equal(0, Syscall.symlink("../../../../etc", Path.Combine(host, "up")));

        Assert.Equal("name\n", RunWith($"hostPath: {{path: {host}}}", "ls /v", "{name: v, mountPath: /v, subPath: link}"));
        Assert.Equal("name\n", RunWith($"hostPath: {{path: {host}}}", "ls /v", "{name: v, mountPath: /v, subPath: up}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(", type: ''")]
    public void A_host_path_of_which_nothing_is_asked_is_a_folder_that_is_made(string type)
    {
        var path = Path.Combine(bed.Folder, "made", "deep");

        Assert.Equal("x\n", RunWith($"hostPath: {{path: {path}{type}}}", "echo x > /v/f; cat /v/f"));
        Assert.Equal("x\n", File.ReadAllText($"{path}/f"));
    }

    [Fact]
    [Field("spec.volumes[].hostPath")]
    public void A_host_path_is_what_it_is_on_the_host()
    {
        var file = bed.Write("file", "from the host\n");

        Assert.Equal("from the host\n", RunWith($"hostPath: {{path: {file}, type: File}}", "cat /v"));
        Assert.Equal("", RunWith($"hostPath: {{path: {bed.Folder}/made/deep, type: DirectoryOrCreate}}", "touch /v/x"));
        Assert.True(File.Exists($"{bed.Folder}/made/deep/x"));
    }

    [Fact]
    public void What_a_container_leaves_in_its_volume_is_removed_however_it_is_called_and_however_deep_it_is()
    {
        RunWith("emptyDir: {}", "cd /v; touch $(printf 'a\\\\377b'); ln -s /etc/passwd link; mkfifo fifo; i=0; while [ $i -lt 300 ]; do mkdir dddddddddddddddddddddd; cd dddddddddddddddddddddd; i=$((i+1)); done; chmod 0 /v");

        Assert.True(File.Exists("/etc/passwd"));
        bed.AssertNothingLeft();
    }

    [Fact]
    [Field("spec.securityContext.fsGroup", "spec.securityContext.runAsUser")]
    public void The_pods_group_owns_its_volumes() =>
        Assert.Equal("0 777 2777\n4321 0 4321\n", bed.RunSpec("owner", """
              restartPolicy: Never
              securityContext: {fsGroup: 4321, runAsUser: 1500}
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "echo 0 777 $(stat -c %a /v); echo $(stat -c %g /v) $(id -G)"], volumeMounts: [{name: v, mountPath: /v}]}
              volumes: [{name: v, emptyDir: {}}]
            """).Error + bed.Done("logs", "-f", "owner"));
}
