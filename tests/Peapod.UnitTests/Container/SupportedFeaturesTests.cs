using Peapod.Container;
using Peapod.Container.Mounts;
using Peapod.Container.Plans;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class SupportedFeaturesTests
{
    [Fact]
    public void Every_mount_option_is_taken_by_us_or_is_the_kernels_for_all_file_systems()
    {
        string[] kernels = ["dirsync", "lazytime", "mand", "sync"];
        var features = SupportedFeatures.Describe();

        Assert.Equal(kernels, MountOptions.Parse(features.MountOptions).Parameters);
        Assert.Equal(features.MountOptions.Order(StringComparer.Ordinal).Distinct(), features.MountOptions);
    }

    [Fact]
    public void Every_namespace_is_one_that_a_plan_makes()
    {
        Assert.All(SupportedFeatures.Describe().Linux!.Namespaces, static type => Assert.NotEqual(0UL, NamespacePlan.FlagOf(type)));
        Assert.Equal(8, SupportedFeatures.Describe().Linux!.Namespaces.Count);
    }

    [Fact]
    public void Every_capability_has_its_number()
    {
        var names = SupportedFeatures.Describe().Linux!.Capabilities;

        Assert.Equal(Enumerable.Range(0, 41), names.Select(static name => Capabilities.Number(name)));
    }

    [Fact]
    public void Every_memory_policy_is_one_that_a_plan_sets()
    {
        var policies = SupportedFeatures.Describe().Linux!.MemoryPolicy!;

        foreach (var mode in policies.Modes)
        {
            var flags = string.Join("\", \"", policies.Flags);
            var plan = PlanCompilerTests.Compile($$"""{"linux": {"memoryPolicy": {"mode": "{{mode}}", "flags": ["{{flags}}"] } } }""");
            Assert.Single(plan.Init, static operation => operation.Code == PlanCode.MemoryPolicy);
        }
    }

    [Fact]
    public void The_seccomp_names_are_those_that_a_profile_may_hold()
    {
        var seccomp = SupportedFeatures.Describe().Linux!.Seccomp!;

        Assert.Contains("SCMP_ARCH_X86_64", seccomp.Archs);
        Assert.Contains("SECCOMP_FILTER_FLAG_SPEC_ALLOW", seccomp.SupportedFlags);
        Assert.Subset(seccomp.KnownFlags.ToHashSet(), seccomp.SupportedFlags.ToHashSet());
    }

    [Fact]
    public void Versions_from_the_oldest_to_the_newest_are_accepted()
    {
        Assert.Equal(("1.0.0", "1.3.0"), (SupportedFeatures.Describe().OciVersionMin, SupportedFeatures.Describe().OciVersionMax));
    }
}
