using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Where the host has no resctrl; what is done with one, the unit tests try on a folder.</summary>
public class IntelRdtTests
{
    private const string Missing = "no resctrl file system is mounted on this host\n  where the CPU and the kernel have Intel RDT: mount -t resctrl resctrl /sys/fs/resctrl\n";

    [SkippableTheory]
    [InlineData("""{"l3CacheSchema": "L3:0=f"}""", "linux.intelRdt.l3CacheSchema")]
    [InlineData("""{"memBwSchema": "MB:0=20"}""", "linux.intelRdt.memBwSchema")]
    [InlineData("""{"closID": "class"}""", "linux.intelRdt")]
    public void Without_resctrl_the_field_is_refused_and_nothing_is_left(string rdt, string field)
    {
        NeedsNone();
        using var bundle = new Bundle("true").Set("linux.intelRdt", rdt);

        Assert.Equal($"peapod: config.json: {field}: {Missing}", bundle.Run().Error);
    }

    [SkippableTheory]
    [Covers("update --l3-cache-schema", "update --mem-bw-schema")]
    [InlineData("--l3-cache-schema", "L3:0=f")]
    [InlineData("--mem-bw-schema", "MB:0=20")]
    public void An_update_without_resctrl_is_refused_and_changes_nothing(string flag, string value)
    {
        NeedsNone();
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var before = File.ReadAllText(Path.Combine(bundle.Root, bundle.Id, "config.json"));

        Assert.Equal($"peapod: {flag}: {Missing}", bundle.Peapod("update", flag, value, bundle.Id).Error);
        Assert.Equal(before, File.ReadAllText(Path.Combine(bundle.Root, bundle.Id, "config.json")));
    }

    private static void NeedsNone() => Skip.If(File.ReadAllText("/proc/self/mountinfo").Contains(" - resctrl "), "resctrl is mounted here");
}
