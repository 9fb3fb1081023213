using System.Globalization;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Claims of volumeMode Block: files that containers get as block devices.</summary>
public sealed class PodBlockTests : IDisposable
{
    private const string Claim = "{name: b, persistentVolumeClaim: {claimName: disk}}";
    private readonly PodBed bed = new();

    public PodBlockTests() => Apply("disk", "Block");

    private string Backing => $"{bed.DataRoot}/claims/default/disk/block";

    public void Dispose() => bed.Dispose();

    [Fact]
    [Field("spec.containers[].volumeDevices[].name", "spec.containers[].volumeDevices[].devicePath", "spec.volumes[].persistentVolumeClaim")]
    public void A_claim_for_a_block_device_is_one_in_the_container_and_its_data_outlive_the_pod()
    {
        Run("one", Claim, "stat -c '%A %u %g' /dev/xvda; head -c 9 /dev/xvda; wc -c < /dev/xvda; printf kept | dd of=/dev/xvda bs=512 conv=sync,fsync seek=1 2>/dev/null; losetup -d /dev/xvda 2>&1 | tail -c 24");
        Assert.Equal($"brw-rw---- 0 0\n{new string('\0', 9)}2097152\nOperation not permitted\n", Ended("one"));
        Assert.Empty(bed.LoopDevices());
        Assert.Equal(2 << 20, new FileInfo(Backing).Length);
        Assert.Equal("kept", File.ReadAllText(Backing).Substring(512, 4));

        Run("two", Claim.Replace("disk", "disk, readOnly: true", StringComparison.Ordinal), "stat -c '%u %g' /data; id -u; dd if=/data bs=512 skip=1 count=1 2>/dev/null | tr -d '\\\\0'; echo x 2>&1 > /data", "securityContext: {runAsUser: 1000, runAsGroup: 2000}", "/data");
        Assert.Equal("1000 2000\n1000\nkeptsh: can't create /data: Operation not permitted\n", Ended("two"));
    }

    [Fact]
    [Field("spec.containers[].volumeDevices[].name")]
    public void Other_loop_devices_are_not_the_containers_to_open()
    {
        Run("other", Claim, "n=$(stat -c %T /dev/xvda); mknod /dev/l b 7 $(( (0x$n + 1) % 8 )); head -c 1 /dev/l 2>&1", "securityContext: {seccompProfile: {type: Unconfined}}");
        Assert.Equal("head: /dev/l: Operation not permitted\n", Ended("other"));
    }

    [Fact]
    [Field("spec.containers[].volumeDevices[].name")]
    public void Two_pods_with_one_claim_have_one_device()
    {
        Run("first", Claim, "printf from-first | dd of=/dev/xvda conv=fsync 2>/dev/null; touch /done; sleep 100");
        PodBed.Until(() => bed.Pod("exec", "first", "--", "test", "-e", "/done").ExitCode == 0, "it has written");
        var device = Assert.Single(bed.LoopDevices());

        Run("second", Claim, "head -c 10 /dev/xvda; echo; sleep 100");
        PodBed.Until(() => bed.Done("logs", "second") == "from-first\n", "it has read");
        Assert.Equal(device, Assert.Single(bed.LoopDevices()));

        bed.Done("rm", "-f", "first");
        Assert.Equal(device, Assert.Single(bed.LoopDevices()));
        Assert.Equal("from-first", bed.Done("exec", "second", "--", "head", "-c", "10", "/dev/xvda"));
        bed.Done("stop", "-t", "0", "second");
        Assert.Empty(bed.LoopDevices());
        bed.Done("rm", "second");
    }

    [Fact]
    [Field("spec.containers[].volumeDevices[].name")]
    public void The_device_outlives_the_supervisor_and_goes_with_the_pod()
    {
        Run("crash", Claim, "sleep 100", "restartPolicy: Always");
        var device = Assert.Single(bed.LoopDevices());
        PodBed.Kill(bed.Supervisor("crash"));
        Assert.Equal(device, Assert.Single(bed.LoopDevices()));

        // Started again by another supervisor, it has the same device.
        bed.Done("restart", "-t", "0", "crash");
        PodBed.Until(() => bed.Restarts("crash") == 1 && bed.Pod("exec", "crash", "--", "head", "-c", "1", "/dev/xvda").ExitCode == 0, "it runs again");
        Assert.Equal(device, Assert.Single(bed.LoopDevices()));

        PodBed.Kill(bed.Supervisor("crash"));
        bed.Done("rm", "-f", "crash");
        Assert.Empty(bed.LoopDevices());
        Assert.True(File.Exists(Backing));
    }

    [Fact]
    [Field("spec.volumes[].ephemeral.volumeClaimTemplate.spec.volumeMode")]
    public void An_ephemeral_block_device_goes_with_its_pod()
    {
        Run("short", "{name: b, ephemeral: {volumeClaimTemplate: {spec: {volumeMode: Block, accessModes: [ReadWriteOnce], resources: {requests: {storage: 4097}}}}}}", "wc -c < /dev/xvda");
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{8192}\n"), Ended("short"));
        Assert.False(Directory.Exists(bed.DataOf("short")));
    }

    [Fact]
    [Field("spec.containers[].volumeDevices[].name", "PersistentVolumeClaim.spec.volumeMode")]
    public void A_claim_is_used_as_what_it_is()
    {
        Apply("files", "Filesystem");
        var mounted = bed.RunSpec("mounted", "  containers: [{name: c, image: localhost/busybox, volumeMounts: [{name: b, mountPath: /m}]}]\n  volumes: [" + Claim + "]");
        Assert.Contains("volume b has volumeMode Block, but is specified in volumeMounts", mounted.Error, StringComparison.Ordinal);
        var device = bed.RunSpec("device", "  containers: [{name: c, image: localhost/busybox, volumeDevices: [{name: b, devicePath: /dev/b}]}]\n  volumes: [" + Claim.Replace("disk", "files", StringComparison.Ordinal) + "]");
        Assert.Contains("volume b has volumeMode Filesystem, but is specified in volumeDevices", device.Error, StringComparison.Ordinal);
    }

    private void Apply(string claim, string mode) => bed.Done("run", "-f", bed.Write("claim.yaml", $"{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {claim}}}, spec: {{volumeMode: {mode}, accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 2Mi}}}}}}}}"));

    private void Run(string name, string volume, string script, string spec = "hostname: h", string path = "/dev/xvda")
    {
        var run = bed.RunSpec(name, $$"""
              {{(spec.StartsWith("restartPolicy", StringComparison.Ordinal) ? "" : "restartPolicy: Never")}}
              {{spec}}
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "{{script}}"]
                volumeDevices: [{name: b, devicePath: {{path}}}]
              volumes: [{{volume}}]
            """);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    /// <summary>What it printed until its end; it is removed.</summary>
    private string Ended(string pod)
    {
        var logs = bed.Done("logs", "-f", pod);
        bed.Done("rm", pod);
        return logs;
    }
}
