using Peapod.HostTests.Harness;
using Peapod.Kernel.Files;

namespace Peapod.HostTests.Pods;

/// <summary>emptyDir.sizeLimit on disk and limits of ephemeral-storage: measured, and a pod that takes more is evicted.</summary>
public sealed class PodEvictionTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private string EvictedFor(string name, string spec)
    {
        Assert.Equal(0, bed.RunSpec(name, $"  terminationGracePeriodSeconds: 0\n{spec}").ExitCode);
        PodBed.Until(() => (string)bed.Status(name)["phase"]! == "Failed", "the pod is evicted", 30);
        var status = bed.Status(name);
        Assert.Equal("Evicted", (string)status["reason"]!);
        Assert.Contains("Evicted", bed.Done("events", name));
        return (string)status["message"]!;
    }

    [Fact]
    public void A_volume_on_disk_that_grows_beyond_its_limit_evicts_its_pod()
    {
        Assert.Equal("Usage of EmptyDir volume \"v\" exceeds the limit \"1Mi\". ", EvictedFor("full", """
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, 'dd if=/dev/zero of=/v/file bs=1M count=2; exec sleep 1000'], volumeMounts: [{name: v, mountPath: /v}]}
              volumes: [{name: v, emptyDir: {sizeLimit: 1Mi}}]
            """));
        Assert.Matches("^NAME +READY +STATUS +RESTARTS +AGE\nfull +0/1 +(Evicted|Error) +0 ", bed.Done("ps"));
    }

    [Fact]
    public void A_container_that_writes_more_than_its_ephemeral_storage_evicts_its_pod() =>
        Assert.Equal("Container c exceeded its local ephemeral storage limit \"1Mi\". ", EvictedFor("layer", """
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, 'dd if=/dev/zero of=/file bs=1M count=2; exec sleep 1000'], resources: {limits: {ephemeral-storage: 1Mi}}}
              - {name: d, image: localhost/busybox, command: [sleep, '1000']}
            """));

    [Fact]
    public void Links_out_of_a_volume_and_holes_do_not_count_and_what_cannot_be_measured_is_no_way_out()
    {
        bed.RunSpec("honest", """
              terminationGracePeriodSeconds: 0
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, 'ln -s / /v/root; ln -s /proc /v/proc; dd if=/dev/zero of=/v/hole bs=1 count=1 seek=100M; dd if=/dev/zero of=/v/a bs=600k count=1; ln /v/a /v/b; ln /v/a /v/c; exec sleep 1000']
                volumeMounts: [{name: v, mountPath: /v}]
              volumes: [{name: v, emptyDir: {sizeLimit: 1Mi}}]
            """);
        Assert.Contains("cannot be measured", EvictedFor("deep", """
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, 'cd /v; i=0; while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done; exec sleep 1000'], volumeMounts: [{name: v, mountPath: /v}]}
              volumes: [{name: v, emptyDir: {sizeLimit: 1Mi}}]
            """));
        Assert.Equal("Running", (string)bed.Status("honest")["phase"]!);
    }

    [Fact]
    public void A_tree_is_measured_as_du_measures_it()
    {
        var tree = Directory.CreateDirectory(Path.Combine(bed.Folder, "tree")).FullName;
        Assert.Equal(0, PeapodCommand.Start("sh", "-c", $"cd {tree}; mkdir -p a/b; dd if=/dev/zero of=a/file bs=10k count=3; ln a/file a/b/again; ln -s /usr a/b/usr; : >\"$(printf 'a/b\\377\\376')\"; dd if=/dev/zero of=\"$(printf 'a/\\377')\" bs=10k count=3").ExitCode);

        Assert.Equal(PeapodCommand.Start("du", "-s", "-B1", tree).Output.Split('\t')[0], $"{DiskUsage.Of(tree)}");
        Assert.Equal(0, DiskUsage.Of($"{tree}/nothing"));
        Assert.Equal(0, DiskUsage.Of($"{tree}/a/b/usr"));

        // .NET cannot name what it would have to remove.
        FileTree.Remove(tree);
    }
}
