using System.Runtime.InteropServices;
using Peapod.Container.Seccomp;
using Peapod.Oci;
using Peapod.UnitTests.Container;
using Peapod.Workload;

namespace Peapod.UnitTests.Pod;

/// <summary>The default confinement beside that of others: all that differs is in the table of differences.</summary>
public sealed class RecordedListsTests
{
    private const uint X86_64 = 0xc000003e, Socket = 41, Allow = 0x7fff0000;

    private static readonly LinuxSeccomp Ours = DefaultSeccompProfile.For([], Architecture.X64);

    [Fact]
    public void The_calls_are_Dockers_but_for_the_differences_that_are_named()
    {
        var ours = Names(Ours, static rule => rule.Args.Count == 0);
        var differences = new List<string>();
        foreach (var name in ours.Except(RecordedLists.MobyCalls))
        {
            differences.Add($"{name}: moby refuses it");
        }

        foreach (var name in RecordedLists.MobyCalls.Except(ours))
        {
            differences.Add(Names(Ours, static rule => rule.Args.Count > 0).Contains(name) ? $"{name}: moby allows every family" : $"{name}: moby allows it");
        }

        Assert.Equal(RecordedLists.Differences.Keys.Order(), differences.Order());
        Assert.All(RecordedLists.Differences.Values, Assert.NotEmpty);
    }

    [Fact]
    public void The_families_of_sockets_are_Dockers()
    {
        var filter = SeccompCompiler.Compile(Ours).Program;
        var allowed = new List<ulong>();
        for (ulong family = 1; family < 300; family++)
        {
            if (FilterMachine.Run(filter.Span, Socket, X86_64, family) == Allow)
            {
                allowed.Add(family);
            }
        }

        Assert.Equal(RecordedLists.MobyFamilies, allowed);
    }

    [Fact]
    public void What_a_capability_brings_is_as_with_Docker()
    {
        var without = Names(Ours, static _ => true);
        foreach (var (capability, calls) in RecordedLists.MobyCapabilities)
        {
            var with = Names(DefaultSeccompProfile.For([capability], Architecture.X64), static rule => rule.Args.Count == 0);
            var brought = calls.Split(' ');

            Assert.Empty(brought.Except(with));
            Assert.Empty(with.Except(without).Except(brought));
        }
    }

    [Fact]
    public void What_is_closed_of_proc_and_sys_is_as_with_Docker_containerd_and_the_kubelet()
    {
        Assert.Equal(RecordedLists.MaskedPaths, ClosedPaths.Masked.Where(static path => !path.EndsWith("/thermal_throttle", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(Directory.GetDirectories("/sys/devices/system/cpu", "cpu*").Select(static folder => $"{folder}/thermal_throttle").Where(Directory.Exists).Order(StringComparer.Ordinal),
            ClosedPaths.Masked.Where(static path => path.EndsWith("/thermal_throttle", StringComparison.Ordinal)));
        Assert.Equal(RecordedLists.ReadOnlyPaths, ClosedPaths.ReadOnly.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_processor_that_tells_when_it_was_slowed_down_is_found()
    {
        var folder = Directory.CreateTempSubdirectory("peapod-cpu-").FullName;
        try
        {
            foreach (var name in (string[])["cpu0/thermal_throttle", "cpu12/thermal_throttle", "cpu3/topology", "cpufreq/thermal_throttle", "power"])
            {
                Directory.CreateDirectory($"{folder}/{name}");
            }

            Assert.Equal([$"{folder}/cpu0/thermal_throttle", $"{folder}/cpu12/thermal_throttle"], ClosedPaths.Throttles(folder));
            Assert.Empty(ClosedPaths.Throttles($"{folder}/none"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static HashSet<string> Names(LinuxSeccomp profile, Predicate<LinuxSyscall> isMeant) =>
        [.. profile.Syscalls.Where(rule => rule.Action == "SCMP_ACT_ALLOW" && isMeant(rule)).SelectMany(static rule => rule.Names)];
}
