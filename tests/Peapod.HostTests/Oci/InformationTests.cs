using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>features, ps: what a command tells.</summary>
public class InformationTests
{
    [Covers("features")]
    [Fact]
    public void Features_are_the_runtime_specs_document()
    {
        var result = PeapodCommand.Run("features");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var features = JsonNode.Parse(result.Output)!.AsObject();
        Assert.Equal(
            ["ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux", "annotations"],
            features.Select(static field => field.Key));
        Assert.Equal(("1.0.0", "1.3.0"), ((string)features["ociVersionMin"]!, (string)features["ociVersionMax"]!));
        Assert.Equal("""["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]""", features["hooks"]!.ToJsonString());
        var linux = features["linux"]!.AsObject();
        Assert.Equal("""["cgroup","ipc","mount","network","pid","time","user","uts"]""", linux["namespaces"]!.ToJsonString());
        Assert.Equal("""{"v1":false,"v2":true,"systemd":true,"systemdUser":false,"rdma":true}""", linux["cgroup"]!.ToJsonString());
        Assert.Equal(["enabled", "actions", "operators", "archs", "knownFlags", "supportedFlags"], linux["seccomp"]!.AsObject().Select(static field => field.Key));
        Assert.Equal(linux["seccomp"]!["knownFlags"]!.ToJsonString(), linux["seccomp"]!["supportedFlags"]!.ToJsonString());
        Assert.Equal("CAP_CHOWN", (string)linux["capabilities"]![0]!);
        Assert.Equal($"peapod version {features["annotations"]!["io.peapod.version"]}", PeapodCommand.Run("--version").Output.Split('\n')[0]);
    }

    [SkippableFact]
    public void Mount_options_are_those_that_runc_names_with_those_it_does_not_name_and_cruns()
    {
        var runc = Peer.Current("runc");
        Peer.Need(runc);

        var runcs = Options(PeapodCommand.Start(runc, "features"));

        // runc 1.3 takes idmap and ridmap and does not name them; the others are crun's.
        Assert.Equal(runcs.Union(["idmap", "ridmap", "copy-symlink", "dest-nofollow", "src-nofollow"]).Order(StringComparer.Ordinal), Options(PeapodCommand.Run("features")));

        static IEnumerable<string> Options(CommandResult features) => JsonNode.Parse(features.Output)!["mountOptions"]!.AsArray().Select(static option => (string)option!);
    }

    [Covers("ps", "ps --format")]
    [Fact]
    [Trait("also", "vm")]
    public void Ps_as_json_has_the_pids_of_the_cgroup_and_of_those_below()
    {
        using var bundle = new Bundle("sleep", "100");
        var pid = bundle.RunDetached();
        Assert.Equal(0, bundle.Exec("--detach", bundle.Id, "sleep", "200").ExitCode);
        var inner = Directory.CreateDirectory($"/sys/fs/cgroup/{bundle.Id}/inner").FullName;
        var second = File.ReadAllLines($"/sys/fs/cgroup/{bundle.Id}/cgroup.procs").Single(line => line != $"{pid}");
        File.WriteAllText($"{inner}/cgroup.procs", second);

        var result = bundle.Peapod("ps", "--format", "json", bundle.Id);

        Assert.Equal(($"[{pid},{second}]\n", "", 0), (result.Output, result.Error, result.ExitCode));
    }

    [Covers("ps", "ps --format")]
    [Fact]
    public void Ps_as_a_table_is_the_hosts_ps_cut_down()
    {
        using var bundle = new Bundle("sleep", "100");
        var pid = bundle.RunDetached();

        var full = bundle.Peapod("ps", bundle.Id);
        var own = bundle.Peapod("ps", bundle.Id, "-e", "-o", "pid,args");

        var lines = full.Output.Split('\n');
        Assert.Equal(("", 0, 3), (full.Error, full.ExitCode, lines.Length));
        Assert.Equal(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal($"{pid}", lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        Assert.EndsWith(" sleep 100", lines[1], StringComparison.Ordinal);
        Assert.Equal(["PID", "COMMAND", $"{pid}", "sleep", "100"], own.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Ps_tells_what_it_cannot_do()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("ps", bundle.Id).Error);
        bundle.RunDetached();

        var format = bundle.Peapod("ps", "-f", "yaml", bundle.Id);
        Assert.Equal(("peapod: --format: invalid format option\n", 1), (format.Error, format.ExitCode));
        Assert.Equal("peapod: ps: couldn't find PID field in ps output\n", bundle.Peapod("ps", bundle.Id, "-eo", "args").Error);
        Assert.StartsWith("peapod: ps: exit status 1: error: ", bundle.Peapod("ps", bundle.Id, "--no-such-option").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ps_of_a_stopped_container_has_no_pids()
    {
        using var bundle = new Bundle("true");
        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        bundle.WaitFor("stopped");

        Assert.Equal("null\n", bundle.Peapod("ps", "--format", "json", bundle.Id).Output);
        Assert.Single(bundle.Peapod("ps", bundle.Id).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
