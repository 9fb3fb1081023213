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

        Assert.Equal("pod/limited created\n", bed.RunSpec("limited", """
              containers:
              - name: one
                image: localhost/busybox
                command: [sleep, "100"]
                resources: {requests: {cpu: 500m}, limits: {memory: 32Mi, cpu: "1.5"}}
              - name: two
                image: localhost/busybox
                command: [sleep, "100"]
                resources: {limits: {memory: 64Mi}}
            """).Output);

        const string pod = "peapod/default_limited";
        Assert.Equal($"{32 << 20}", Guest.Cgroup($"{pod}/one/memory.max"));
        Assert.Equal("150000 100000", Guest.Cgroup($"{pod}/one/cpu.max"));
        Assert.Equal("59", Guest.Cgroup($"{pod}/one/cpu.weight"));
        Assert.Equal($"{64 << 20}", Guest.Cgroup($"{pod}/two/memory.max"));
        Assert.Equal("max 100000", Guest.Cgroup($"{pod}/two/cpu.max"));
    }

    [SkippableFact]
    [Field("spec.containers[].resources.limits")]
    public void A_container_over_its_memory_limit_ends_with_137()
    {
        using var bed = new PodBed();
        bed.RunSpec("hungry", """
              restartPolicy: Never
              containers:
              - name: one
                image: localhost/busybox
                command: [tail, /dev/zero]
                resources: {limits: {memory: 16Mi}}
            """);

        PodBed.Until(() => (int?)bed.Container("hungry")["exitCode"] == 137, "the container was killed", 60);
    }
}
