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
    [InlineData("""{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}}""", "linux.seccomp")]
    [InlineData("""{"linux": {"intelRdt": {"closID": "a"}}}""", "linux.intelRdt")]
    [InlineData("""{"linux": {"netDevices": {"eth0": {}}}}""", "linux.netDevices")]
    [InlineData("""{"hooks": {"poststop": [{"path": "/bin/true"}]}}""", "hooks.poststop")]
    [InlineData("""{"process": {"apparmorProfile": "a"}}""", "process.apparmorProfile")]
    [InlineData("""{"process": {"selinuxLabel": "a"}}""", "process.selinuxLabel")]
    public void What_is_refused_is_not_claimed(string config, string field)
    {
        var error = Assert.Throws<SpecException>(() => UnsupportedFields.Refuse(Spec.Parse(System.Text.Encoding.UTF8.GetBytes(config))));
        var features = SupportedFeatures.Describe();

        Assert.Equal($"{field}: is not supported by this version of Peapod", error.Message);
        Assert.False(field switch
        {
            "linux.seccomp" => features.Linux!.Seccomp!.Enabled,
            "linux.intelRdt" => features.Linux!.IntelRdt!.Enabled,
            "linux.netDevices" => features.Linux!.NetDevices!.Enabled,
            "process.apparmorProfile" => features.Linux!.Apparmor!.Enabled,
            "process.selinuxLabel" => features.Linux!.Selinux!.Enabled,
            _ => features.Hooks!.Contains("poststop"),
        });
    }

    [Fact]
    public void Versions_from_the_oldest_to_the_newest_are_accepted()
    {
        Assert.Equal(("1.0.0", "1.3.0"), (SupportedFeatures.Describe().OciVersionMin, SupportedFeatures.Describe().OciVersionMax));
    }
}
