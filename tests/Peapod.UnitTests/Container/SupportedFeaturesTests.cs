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
        string[] kernels = ["dirsync", "lazytime", "mand", "nolazytime", "sync"];
        var features = SupportedFeatures.Describe();

        Assert.Equal(kernels, MountOptions.Parse(features.MountOptions).Parameters);
        Assert.Equal(features.MountOptions.Order(StringComparer.Ordinal).Distinct(), features.MountOptions);
    }

    [Fact]
    public void Every_namespace_is_one_that_a_plan_makes()
    {
        Assert.All(SupportedFeatures.Describe().Linux!.Namespaces, static type => Assert.NotEqual(0UL, NamespacePlan.FlagOf(type)));
        Assert.Equal(7, SupportedFeatures.Describe().Linux!.Namespaces.Count);
    }

    [Fact]
    public void Every_capability_has_its_number()
    {
        var names = SupportedFeatures.Describe().Linux!.Capabilities;

        Assert.Equal(Enumerable.Range(0, 41), names.Select(static name => Capabilities.Number(name)));
    }

    [Theory]
    [InlineData("""{"linux": {"intelRdt": {"closID": "a"}}}""", "linux.intelRdt")]
    [InlineData("""{"linux": {"netDevices": {"eth0": {}}}}""", "linux.netDevices")]
    [InlineData("""{"process": {"apparmorProfile": "a"}}""", "process.apparmorProfile")]
    [InlineData("""{"process": {"selinuxLabel": "a"}}""", "process.selinuxLabel")]
    public void What_is_refused_is_not_claimed(string config, string field)
    {
        var error = Assert.Throws<SpecException>(() => UnsupportedFields.Refuse(Spec.Parse(System.Text.Encoding.UTF8.GetBytes(config))));
        var features = SupportedFeatures.Describe();

        Assert.Equal($"{field}: is not supported by this version of Peapod", error.Message);
        Assert.False(field switch
        {
            "linux.intelRdt" => features.Linux!.IntelRdt!.Enabled,
            "linux.netDevices" => features.Linux!.NetDevices!.Enabled,
            "process.apparmorProfile" => features.Linux!.Apparmor!.Enabled,
            _ => features.Linux!.Selinux!.Enabled,
        });
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
