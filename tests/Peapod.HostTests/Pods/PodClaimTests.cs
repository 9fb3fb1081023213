using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Volumes that outlive their pods, and those that are made like them.</summary>
public sealed class PodClaimTests : IDisposable
{
    private readonly PodBed bed = new();

    public PodClaimTests()
    {
        Apply("data", "ReadWriteOnce");
        Apply("alone", "ReadWriteOncePod");
    }

    public void Dispose() => bed.Dispose();

    [Fact]
    [Field("spec.volumes[].persistentVolumeClaim")]
    public void The_data_of_a_claim_outlive_the_pod()
    {
        Assert.Equal("", Run("one", "persistentVolumeClaim: {claimName: data}", "echo kept > /v/file; id -u", "securityContext: {runAsUser: 1000}").Error);
        Assert.Equal("1000\n", Ended("one"));
        Assert.Equal("kept\n", File.ReadAllText($"{bed.DataRoot}/claims/default/data/file"));
        Assert.Equal((FilePermissions)0, Mode($"{bed.DataRoot}/claims") & (FilePermissions.S_IRWXG | FilePermissions.S_IRWXO));

        Assert.Equal("", Run("two", "persistentVolumeClaim: {claimName: data, readOnly: true}", "cat /v/file; touch /v/x 2>&1").Error);
        Assert.Equal("kept\ntouch: /v/x: Read-only file system\n", Ended("two"));
    }

    [Fact]
    [Field("spec.securityContext.fsGroup", "spec.securityContext.fsGroupChangePolicy")]
    public void The_files_of_a_claim_are_given_to_the_pods_group()
    {
        var folder = Directory.CreateDirectory($"{bed.DataRoot}/claims/default/data/deep").FullName;
        File.WriteAllText($"{folder}/file", "");
        Assert.Equal(0, Syscall.chmod($"{folder}/file", FilePermissions.S_IRUSR));
        var outside = bed.Write("outside", "");
        Assert.Equal(0, Syscall.symlink(outside, $"{folder}/link"));

        Run("group", "persistentVolumeClaim: {claimName: data}", "stat -c '%a %g' /v /v/deep /v/deep/file; id -G | grep -o 4321", "securityContext: {fsGroup: 4321, runAsUser: 1000}");
        Assert.Equal("2775 4321\n2775 4321\n660 4321\n4321\n", Ended("group"));
        Assert.Equal(0, Syscall.stat(outside, out var status));
        Assert.Equal(0u, status.st_gid);

        // The root is as it should be: what is below is left alone.
        Assert.Equal(0, Syscall.chown($"{folder}/file", 0, 0));
        Run("group", "persistentVolumeClaim: {claimName: data}", "stat -c '%a %g' /v/deep/file", "securityContext: {fsGroup: 4321, fsGroupChangePolicy: OnRootMismatch}");
        Assert.Equal("660 0\n", Ended("group"));
        Run("group", "persistentVolumeClaim: {claimName: data}", "stat -c '%a %g' /v/deep/file", "securityContext: {fsGroup: 4321, fsGroupChangePolicy: Always}");
        Assert.Equal("660 4321\n", Ended("group"));
    }

    [Fact]
    [Field("spec.volumes[].persistentVolumeClaim")]
    public void A_claim_for_one_pod_has_one_pod()
    {
        Assert.Equal("", Run("first", "persistentVolumeClaim: {claimName: alone}", "sleep 100").Error);

        const string refusal = "persistentvolumeclaim \"alone\" has the access mode ReadWriteOncePod, and pod \"default/first\" uses it";
        Assert.Equal("", Run("second", "persistentVolumeClaim: {claimName: alone}", "echo mine").Error);
        Assert.Contains(refusal, bed.Done("events", "-o", "jsonpath={.items[*].message}"), StringComparison.Ordinal);

        // It waits, and has its turn.
        bed.Done("rm", "-f", "first");
        PodBed.Until(() => bed.ExitCode("second") == 0, "the second pod has had it", seconds: 20);
        Assert.Equal("mine\n", Ended("second"));
    }

    [Fact]
    [Field("spec.volumes[].ephemeral")]
    public void An_ephemeral_claim_goes_with_its_pod()
    {
        Assert.Equal("", Run("short", "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}}", "echo text > /v/f; cat /v/f").Error);
        Assert.Equal("text\n", Ended("short"));
        Assert.False(Directory.Exists(bed.DataOf("short")));
    }

    [Fact]
    [Field("spec.volumes[].image", "spec.containers[].volumeMounts[].subPath")]
    public void An_image_is_a_volume_that_cannot_be_written_nor_executed()
    {
        Assert.Equal("", Run("img", "image: {reference: localhost/busybox}", "ls /v | head -n 1; touch /v/x 2>&1; /v/bin/busybox true 2>&1 | sed 's/^sh: //'; cat /w/busybox | head -c 4 | tail -c 3; echo", mounts: "{name: v, mountPath: /v}, {name: v, mountPath: /w, subPath: bin}").Error);
        Assert.Equal("bin\ntouch: /v/x: Read-only file system\n/v/bin/busybox: Permission denied\nELF\n", Ended("img"));
    }

    private static FilePermissions Mode(string path)
    {
        Assert.Equal(0, Syscall.stat(path, out var status));
        return status.st_mode;
    }

    private void Apply(string claim, string mode) => Assert.Equal(
        $"persistentvolumeclaim/{claim} created\n",
        bed.Done("run", "-f", bed.Write("claim.yaml", $"{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {claim}}}, spec: {{accessModes: [{mode}], resources: {{requests: {{storage: 1Mi}}}}}}}}")));

    private CommandResult Run(string name, string volume, string script, string spec = "hostname: h", string mounts = "{name: v, mountPath: /v}") => bed.RunSpec(name, $$"""
          restartPolicy: Never
          {{spec}}
          containers:
          - name: c
            image: localhost/busybox
            command: [sh, -c, "{{script}}"]
            volumeMounts: [{{mounts}}]
          volumes: [{name: v, {{volume}}}]
        """);

    /// <summary>What it printed until its end; it is removed.</summary>
    private string Ended(string pod)
    {
        var logs = bed.Done("logs", "-f", pod);
        bed.Done("rm", pod);
        return logs;
    }
}
