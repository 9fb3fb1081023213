using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Vm;

[Trait("tier", "vm")]
public class PodResourceTests
{
    public PodResourceTests() => Guest.Needed();

    [SkippableFact]
    [Field("spec.containers[].resources.limits", "spec.containers[].resources.requests")]
    public void Each_container_of_a_pod_has_its_own_limits()
    {
        using var bed = new PodBed();

        var result = bed.RunSpec("limited", """
              containers:
              - name: one
                image: localhost/busybox
                command: [sleep, "100"]
                resources: {requests: {cpu: 500m, memory: 16Mi}, limits: {memory: 32Mi, cpu: "1.5", hugepages-2Mi: 4Mi}}
              - name: two
                image: localhost/busybox
                command: [sleep, "100"]
                resources: {limits: {memory: 64Mi}}
            """);
        Assert.True(result.ExitCode == 0, result.Error);

        var pod = $"peapod/burstable/{bed.OwnerOf("limited")}";
        Assert.Equal($"{32 << 20}", Guest.Cgroup($"{pod}/one/memory.max"));
        Assert.Equal("31875072", Guest.Cgroup($"{pod}/one/memory.high"));
        Assert.Equal("1", Guest.Cgroup($"{pod}/one/memory.oom.group"));
        Assert.Equal("0", Guest.Cgroup($"{pod}/one/memory.swap.max"));
        Assert.Equal($"{4 << 20}", Guest.Cgroup($"{pod}/one/hugetlb.2MB.max"));
        Assert.Equal("150000 100000", Guest.Cgroup($"{pod}/one/cpu.max"));
        Assert.Equal("59", Guest.Cgroup($"{pod}/one/cpu.weight"));
        Assert.Equal($"{64 << 20}", Guest.Cgroup($"{pod}/two/memory.max"));
        Assert.Equal("max", Guest.Cgroup($"{pod}/two/memory.high"));
        Assert.Equal("max 100000", Guest.Cgroup($"{pod}/two/cpu.max"));
        Assert.Equal("1", Guest.Cgroup($"{pod}/two/cpu.weight"));

        // The pod's: memory is limited in both containers, cpu in one.
        Assert.Equal(($"{96 << 20}", "max 100000", "59"), (Guest.Cgroup($"{pod}/memory.max"), Guest.Cgroup($"{pod}/cpu.max"), Guest.Cgroup($"{pod}/cpu.weight")));
        Assert.InRange(int.Parse(Guest.Cgroup("peapod/burstable/cpu.weight")), 58, 60);
    }

    [SkippableFact]
    [Field("spec.resources", "spec.overhead")]
    public void A_pod_has_its_own_limits_and_its_overhead()
    {
        using var bed = new PodBed();

        var result = bed.RunSpec("whole", """
              resources: {requests: {cpu: "1", memory: 64Mi}, limits: {cpu: "1", memory: 64Mi}}
              overhead: {cpu: 500m, memory: 16Mi}
              containers:
              - {name: one, image: localhost/busybox, command: [sleep, "100"]}
            """);
        Assert.True(result.ExitCode == 0, result.Error);

        var pod = Directory.Exists($"/sys/fs/cgroup/peapod/{bed.OwnerOf("whole")}") ? $"peapod/{bed.OwnerOf("whole")}" : $"peapod/besteffort/{bed.OwnerOf("whole")}";
        Assert.Equal(($"{80 << 20}", "150000 100000"), (Guest.Cgroup($"{pod}/memory.max"), Guest.Cgroup($"{pod}/cpu.max")));
    }

    [SkippableFact]
    public void The_classes_of_pods_have_their_places_weights_and_scores()
    {
        using var bed = new PodBed();
        foreach (var (name, resources) in new[]
        {
            ("best", "{}"), ("burst", "{requests: {cpu: 2}}"), ("more", "{requests: {cpu: 2}}"), ("sure", "{limits: {cpu: 1, memory: 32Mi}}"),
        })
        {
            var result = bed.RunSpec(name, $"  containers: [{{name: c, image: localhost/busybox, command: [sleep, '100'], resources: {resources}}}]");
            Assert.True(result.ExitCode == 0, result.Error);
        }

        Assert.Equal(("1", "1"), (Guest.Cgroup("peapod/besteffort/cpu.weight"), Guest.Cgroup($"peapod/besteffort/{bed.OwnerOf("best")}/cpu.weight")));
        Assert.Equal(Guest.Cgroup($"peapod/burstable/{bed.OwnerOf("burst")}/cpu.weight"), Guest.Cgroup($"peapod/burstable/{bed.OwnerOf("more")}/cpu.weight"));
        Assert.True(int.Parse(Guest.Cgroup("peapod/burstable/cpu.weight")) > int.Parse(Guest.Cgroup($"peapod/burstable/{bed.OwnerOf("burst")}/cpu.weight")));
        Assert.Equal(("100000 100000", $"{32 << 20}"), (Guest.Cgroup($"peapod/{bed.OwnerOf("sure")}/cpu.max"), Guest.Cgroup($"peapod/{bed.OwnerOf("sure")}/memory.max")));
        Assert.Equal("-997\n", File.ReadAllText($"/proc/{bed.Pid("sure", "c")}/oom_score_adj"));
        Assert.Equal("1000\n", File.ReadAllText($"/proc/{bed.Pid("best", "c")}/oom_score_adj"));
        Assert.Equal("999\n", File.ReadAllText($"/proc/{bed.Pid("burst", "c")}/oom_score_adj"));
    }

    [SkippableFact]
    public void All_processes_of_a_container_end_when_it_runs_out_of_memory()
    {
        using var bed = new PodBed();
        var result = bed.RunSpec("group", """
              restartPolicy: Never
              containers:
              - name: one
                image: localhost/busybox
                command: [sh, -c, "tail /dev/zero; sleep 100"]
                resources: {limits: {memory: 16Mi}}
            """);
        Assert.True(result.ExitCode == 0, result.Error);

        PodBed.Until(() => bed.Done("ps").Contains("0/1", StringComparison.Ordinal), "the shell was killed with its child", 60);
    }

    [SkippableFact]
    [Field("spec.containers[].resources.limits")]
    public void A_container_over_its_memory_limit_ends_with_137()
    {
        using var bed = new PodBed();
        var result = bed.RunSpec("hungry", """
              restartPolicy: Never
              containers:
              - name: one
                image: localhost/busybox
                command: [tail, /dev/zero]
                resources: {limits: {memory: 16Mi}}
            """);
        Assert.True(result.ExitCode == 0, result.Error);

        PodBed.Until(() => bed.ExitCode("hungry") == 137, "the container was killed", 60);
    }
}
