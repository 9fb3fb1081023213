using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

[Trait("also", "vm")]
public class UpdateTests
{
    [SkippableFact]
    [Covers("update", "update --resources")]
    public void A_file_changes_limits_and_the_stored_configuration()
    {
        Controllers.Need("hugetlb");
        using var bundle = new Bundle("sleep", "100");
        bundle.Set("linux.resources.hugepageLimits", """[{"pageSize": "2MB", "limit": 4194304}]""").Set("linux.resources.unified", """{"cgroup.max.depth": "3"}""");
        bundle.RunDetached();

        Updated(bundle, """{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}], "unified": {"cgroup.max.descendants": "9"}}""");

        Assert.Equal("2097152\n", Read(bundle, "hugetlb.2MB.max"));
        Assert.Equal("2097152\n", Read(bundle, "hugetlb.2MB.rsvd.max"));
        Assert.Equal(("3\n", "9\n"), (Read(bundle, "cgroup.max.depth"), Read(bundle, "cgroup.max.descendants")));
        var stored = JsonNode.Parse(File.ReadAllText($"{bundle.Root}/{bundle.Id}/config.json"))!["linux"]!["resources"]!;
        Assert.Equal("""[{"pageSize":"2MB","limit":2097152}]""", stored["hugepageLimits"]!.ToJsonString());
        Assert.Equal("""{"cgroup.max.depth":"3","cgroup.max.descendants":"9"}""", stored["unified"]!.ToJsonString());
    }

    [SkippableFact]
    public void A_refused_value_takes_back_those_before_it()
    {
        Controllers.Need("hugetlb");
        using var bundle = new Bundle("sleep", "100").Set("linux.resources.hugepageLimits", """[{"pageSize": "2MB", "limit": 4194304}]""");
        bundle.RunDetached();
        var config = File.ReadAllText($"{bundle.Root}/{bundle.Id}/config.json");

        var (file, result) = Update(bundle, """{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}], "unified": {"cgroup.max.depth": "deep"}}""");

        Assert.Equal((1, $"peapod: --resources: {file}: unified[\"cgroup.max.depth\"]: cannot write \"deep\" to cgroup.max.depth: Invalid argument\n"), (result.ExitCode, result.Error));
        Assert.Equal(("4194304\n", "4194304\n"), (Read(bundle, "hugetlb.2MB.max"), Read(bundle, "hugetlb.2MB.rsvd.max")));
        Assert.Equal(config, File.ReadAllText($"{bundle.Root}/{bundle.Id}/config.json"));
    }

    [Fact]
    public void Device_rules_are_replaced_and_not_added()
    {
        const string denied = "Operation not permitted", absent = "No such device or address", allow = """{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 240, "minor": 5, "access": "r"}]}""";
        using var bundle = new Bundle("sleep", "100").Set("linux.devices", """[{"path": "/dev/a", "type": "c", "major": 240, "minor": 5}]""");
        bundle.RunDetached();
        Assert.Contains(denied, Opened(), StringComparison.Ordinal);

        Updated(bundle, allow);
        Assert.Contains(absent, Opened(), StringComparison.Ordinal);
        Updated(bundle, """{"devices": [{"allow": false, "access": "rwm"}]}""");
        Assert.Contains(denied, Opened(), StringComparison.Ordinal);
        Updated(bundle, allow);
        Updated(bundle, allow);
        Assert.Contains(absent, Opened(), StringComparison.Ordinal);

        // A failure after the devices were replaced gives back the rules from before.
        var (_, result) = Update(bundle, """{"devices": [{"allow": false, "access": "rwm"}], "unified": {"cgroup.max.depth": "deep"}}""");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(absent, Opened(), StringComparison.Ordinal);

        string Opened() => bundle.Exec(bundle.Id, "sh", "-c", ": </dev/a").Error;
    }

    [Theory]
    [InlineData("--cpu-rt-runtime", "5", "--cpu-rt-runtime: cgroup v2 has no limit on real-time processes")]
    [InlineData("--cpu-rt-period", "5", "--cpu-rt-period: cgroup v2 has no limit on real-time processes")]
    [InlineData("--cpu-idle", "2", "--cpu-idle: 2 is out of range (0 to 1)")]
    [InlineData("--cpu-idle", "x", "invalid value for cpu-idle: \"x\" is not a whole number")]
    [InlineData("--cpu-share", "-1", "invalid value for cpu-share: \"-1\" is not a whole number from 0 on")]
    [InlineData("--memory", "lots", "invalid value for memory: \"lots\" is not a size such as 512m, nor -1")]
    [InlineData("--memory-swap", "1g", "--memory-swap: needs a memory limit beside it")]
    [InlineData("--blkio-weight", "5", "--blkio-weight: 5 is out of range (10 to 1000)")]
    [InlineData("--cpuset-cpus", "a", "--cpuset-cpus: \"a\" is not a list such as \"0-3,7\"")]
    [Covers("update --cpu-rt-period", "update --cpu-rt-runtime")]
    public void A_flag_that_cannot_be_done_is_told_by_its_name(string flag, string value, string sentence)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        var result = bundle.Peapod("update", flag, value, bundle.Id);

        Assert.Equal(($"peapod: {sentence}\n", 1), (result.Error, result.ExitCode));
    }

    [Theory]
    [InlineData("pids", "pids.max", "50", "--pids-limit", "50")]
    [InlineData("cpu", "cpu.max", "20000 100000", "--cpu-quota", "20000")]
    [InlineData("cpu", "cpu.max", "max 50000", "--cpu-period", "50000")]
    [InlineData("cpu", "cpu.max.burst", "1000", "--cpu-burst", "1000")]
    [InlineData("cpu", "cpu.weight", "59", "--cpu-share", "512")]
    [InlineData("cpu", "cpu.idle", "1", "--cpu-idle", "1")]
    [InlineData("cpuset", "cpuset.cpus", "0", "--cpuset-cpus", "0")]
    [InlineData("cpuset", "cpuset.mems", "0", "--cpuset-mems", "0")]
    [InlineData("memory", "memory.max", "67108864", "--memory", "64m")]
    [InlineData("memory", "memory.low", "33554432", "--memory-reservation", "33554432")]
    [InlineData("memory", "memory.swap.max", "33554432", "--memory-swap", "96m", "--memory", "64m")]
    [InlineData("io", "io.weight", null, "--blkio-weight", "100")]
    [Covers("update --pids-limit", "update --cpu-quota", "update --cpu-period", "update --cpu-burst", "update --cpu-share", "update --cpu-idle", "update --cpuset-cpus")]
    [Covers("update --cpuset-mems", "update --memory", "update --memory-reservation", "update --memory-swap", "update --blkio-weight")]
    public void A_flag_sets_its_file_or_is_told_by_its_name_when_the_controller_is_missing(string controller, string file, string? value, params string[] flags)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        var result = bundle.Peapod(["update", .. flags, bundle.Id]);

        if (!File.ReadAllText($"/sys/fs/cgroup/{bundle.Id}/cgroup.controllers").Split(' ', '\n').Contains(controller))
        {
            Assert.Equal(1, result.ExitCode);
            Assert.StartsWith($"peapod: {flags[0]}: the {controller} controller is not available: ", result.Error, StringComparison.Ordinal);
        }
        else if (!File.Exists($"/sys/fs/cgroup/{bundle.Id}/{file}"))
        {
            Assert.Equal((1, $"peapod: {flags[0]}: this kernel has no {file}\n"), (result.ExitCode, result.Error));
        }
        else
        {
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            Assert.Equal(value is null ? Read(bundle, file) : value + "\n", Read(bundle, file));
        }
    }

    [Fact]
    public void What_does_not_run_is_not_updated()
    {
        using var bundle = new Bundle("true");
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("update", "--pids-limit", "9", bundle.Id).Error);
        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        bundle.WaitFor("stopped");

        Assert.Equal($"peapod: container not running: \"{bundle.Id}\" cannot be updated: it is stopped\n", bundle.Peapod("update", "--pids-limit", "9", bundle.Id).Error);
        Assert.Equal("peapod: --resources: cannot read \"/no/such\": No such file or directory\n", bundle.Peapod("update", "-r", "/no/such", bundle.Id).Error);
    }

    [Fact]
    public void A_file_that_cannot_be_read_as_resources_is_told_by_its_field()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        var (file, result) = Update(bundle, """{"cpu": {"idle": "yes"}}""");

        Assert.Equal($"peapod: --resources: {file}: cpu.idle: expected a number, found a string\n", result.Error);
    }

    private static void Updated(Bundle bundle, string json)
    {
        var (_, result) = Update(bundle, json);
        Assert.Equal(("", "", 0), (result.Output, result.Error, result.ExitCode));
    }

    private static (string File, CommandResult Result) Update(Bundle bundle, string json)
    {
        var file = Path.Combine(bundle.Folder, "resources.json");
        File.WriteAllText(file, json);
        return (file, bundle.Peapod("update", "-r", file, bundle.Id));
    }

    private static string Read(Bundle bundle, string file) => File.ReadAllText($"/sys/fs/cgroup/{bundle.Id}/{file}");
}
