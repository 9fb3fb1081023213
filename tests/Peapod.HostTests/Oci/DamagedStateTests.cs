using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>One container's files are damaged: the others are listed and collected, that one is named, and delete --force removes it.</summary>
public class DamagedStateTests
{
    public static TheoryData<string, string> Files()
    {
        var data = new TheoryData<string, string>();
        foreach (var file in new[] { "state.json", "process", "config.json", "lock", "start.report" })
        {
            foreach (var kind in Damage.Kinds)
            {
                data.Add(file, kind);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_damaged_file_hides_no_other_container_and_keeps_nobody_from_removing_its_own(string file, string kind)
    {
        using var bundle = new Bundle("sleep", "1000");
        bundle.RunDetached();
        using var bad = new Second(bundle);
        var pid = bad.Pid;
        Damage.Do($"{bundle.Root}/{bad.Id}/{file}", kind);

        var table = bundle.Peapod("list");
        var json = bundle.Peapod("list", "--format", "json");
        var quiet = bundle.Peapod("list", "--quiet");
        var collected = bundle.Peapod("gc", "--stopped");

        foreach (var result in new[] { table, json, quiet, collected, bundle.Peapod("state", bad.Id), bundle.Peapod("ps", bad.Id), bundle.Peapod("kill", bad.Id, "CONT"), bundle.Peapod("exec", bad.Id, "true"), bundle.Peapod("delete", bad.Id) })
        {
            Damage.AssertSaid(result);
        }

        Assert.Contains($"{bundle.Id}", table.Output, StringComparison.Ordinal);
        Assert.Contains(bad.Id, table.Output, StringComparison.Ordinal);
        Assert.Equal(new[] { bad.Id, bundle.Id }.Order(StringComparer.Ordinal), JsonNode.Parse(json.Output)!.AsArray().Select(static state => (string)state!["id"]!));
        Assert.Equal(new[] { bad.Id, bundle.Id }.Order(StringComparer.Ordinal), quiet.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        if (table.ExitCode == 1)
        {
            Assert.Contains($"container \"{bad.Id}\": {bundle.Root}/{bad.Id}/{file} is damaged: ", table.Error, StringComparison.Ordinal);
            Assert.Contains($"\"peapod delete --force {bad.Id}\"", table.Error, StringComparison.Ordinal);
        }

        Assert.Equal("", collected.Output);
        Assert.True(PodBed.IsAlive(pid));
        Assert.Equal("running", bundle.Status);

        var removed = bundle.Peapod("delete", "--force", bad.Id);

        Assert.Equal((0, ""), (removed.ExitCode, removed.Output));
        Assert.False(PodBed.IsAlive(pid));
        Assert.Equal((0, ""), (bundle.Peapod("list") is var list ? list.ExitCode : 0, list.Error));
        Assert.Equal(0, bad.Run().ExitCode);
    }

    [Theory]
    [InlineData("state.json")]
    [InlineData("process")]
    public void A_damaged_container_of_which_nothing_runs_is_collected_when_stopped_ones_are(string file)
    {
        using var bundle = new Bundle("true");
        Assert.Equal(0, bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, bundle.Id).ExitCode);
        bundle.WaitFor("stopped");
        Damage.Do($"{bundle.Root}/{bundle.Id}/{file}", "garbage");

        var kept = bundle.Peapod("gc");
        Assert.Equal("", kept.Output);
        Assert.Contains($"{file} is damaged: ", kept.Error, StringComparison.Ordinal);

        Assert.Equal($"removed container \"{bundle.Id}\": its state is damaged, and nothing of it runs\n", bundle.Peapod("gc", "--stopped").Output);
        Assert.False(Directory.Exists($"{bundle.Root}/{bundle.Id}"));
    }

    [Fact]
    public void A_container_whose_whole_folder_is_gone_is_removed_by_the_mark_on_its_cgroup()
    {
        using var bundle = new Bundle("sleep", "1000");
        var pid = bundle.RunDetached();
        Directory.Delete($"{bundle.Root}/{bundle.Id}", recursive: true);

        Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);

        Assert.False(PodBed.IsAlive(pid));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("fifo")]
    [InlineData("loop")]
    public void What_stands_in_place_of_a_containers_folder_is_removed_by_force(string kind)
    {
        using var bundle = new Bundle("sleep", "1000");
        bundle.RunDetached();
        Damage.Do($"{bundle.Root}/odd", kind == "file" ? "empty" : kind);

        foreach (var result in new[] { bundle.Peapod("list"), bundle.Peapod("gc"), bundle.Peapod("state", "odd") })
        {
            Damage.AssertSaid(result);
        }

        Assert.Contains(bundle.Id, bundle.Peapod("list").Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (bundle.Peapod("delete", "--force", "odd") is var removed ? removed.ExitCode : 0, removed.Error));
        Assert.False(Path.Exists($"{bundle.Root}/odd"));
    }

    [Fact]
    public void Another_containers_record_is_not_believed()
    {
        using var bundle = new Bundle("sleep", "1000");
        var good = bundle.RunDetached();
        using var bad = new Second(bundle);
        File.Copy($"{bundle.Root}/{bundle.Id}/state.json", $"{bundle.Root}/{bad.Id}/state.json", overwrite: true);

        Assert.Contains("is damaged: it is another container's", bundle.Peapod("list").Error, StringComparison.Ordinal);
        Assert.Equal(0, bundle.Peapod("delete", "--force", bad.Id).ExitCode);

        Assert.True(PodBed.IsAlive(good));
        Assert.False(PodBed.IsAlive(bad.Pid));
    }

    [Fact]
    public void Hooks_that_only_a_damaged_configuration_names_are_told_not_to_be_run()
    {
        using var bundle = new Bundle("sleep", "1000");
        bundle.Set("hooks", """{"poststop": [{"path": "/bin/true"}]}""");
        bundle.RunDetached();
        Damage.Do($"{bundle.Root}/{bundle.Id}/config.json", "half");

        var removed = bundle.Peapod("delete", "--force", bundle.Id);

        Assert.Equal(0, removed.ExitCode);
        Assert.EndsWith("; it is removed without poststop hooks\n", removed.Error, StringComparison.Ordinal);
    }

    /// <summary>Another container of the same bundle in the same store.</summary>
    private sealed class Second : IDisposable
    {
        private readonly Bundle bundle;

        internal Second(Bundle bundle)
        {
            this.bundle = bundle;
            Assert.Equal(0, Run().ExitCode);
            Pid = (int)JsonNode.Parse(bundle.Peapod("state", Id).Output)!["pid"]!;
        }

        internal string Id => bundle.Id + "-bad";

        internal int Pid { get; }

        internal CommandResult Run() => bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, Id);

        public void Dispose() => bundle.Peapod("delete", "--force", Id);
    }
}
