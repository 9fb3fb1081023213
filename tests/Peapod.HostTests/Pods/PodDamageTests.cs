using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>One pod's files are damaged: the others are shown and can be worked with, that one is named, and removal by force leaves nothing of it.</summary>
public sealed class PodDamageTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    public static TheoryData<string, string> Files()
    {
        var data = new TheoryData<string, string>();
        foreach (var file in new[] { "manifest.json", "status.json" })
        {
            foreach (var kind in Damage.Kinds)
            {
                data.Add(file, kind);
            }
        }

        foreach (var file in new[] { "events.jsonl", "supervisor.lock", "creator.lock", "runtime.json", "control", "containers/sandbox/process", "containers/bad/state.json" })
        {
            foreach (var kind in new[] { "missing", "garbage", "directory", "fifo", "loop" })
            {
                data.Add(file, kind);
            }
        }

        return data;
    }

    private int Run(string name, params string[] more)
    {
        bed.Done("run", [.. more, "--image", "localhost/busybox", name, "--", "sleep", "1000"]);
        return bed.Pid(name, name);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_damaged_file_hides_no_other_pod_and_keeps_nobody_from_removing_its_own(string file, string kind)
    {
        Run("good");
        var pid = Run("bad");
        var supervisor = bed.Supervisor("bad");
        Damage.Do($"{bed.RunOf("bad")}/{file}", kind);

        var table = bed.Pod("ps");
        var json = bed.Pod("ps", "-o", "json");
        foreach (var result in new[]
        {
            table, json, bed.Pod("get", "pods"), bed.Pod("get", "all", "-A"), bed.Pod("describe"), bed.Pod("events"), bed.Pod("inspect", "bad"), bed.Pod("logs", "bad"), bed.Pod("stats", "--no-stream"),
            bed.Pod("top", "good"), bed.Pod("exec", "bad", "--", "true"), bed.Pod("gc", "--dry-run", "--stopped"),
        })
        {
            Damage.AssertSaid(result);
        }

        Assert.Matches("(?m)^good   1/1 +Running ", table.Output);
        Assert.Matches("(?m)^bad ", table.Output);
        Assert.Equal(["bad", "good"], JsonNode.Parse(json.Output)!["items"]!.AsArray().Select(static pod => (string)pod!["metadata"]!["name"]!));
        if (kind != "missing" && file is "manifest.json" or "status.json")
        {
            Assert.Equal(1, table.ExitCode);
            Assert.Contains($"peapod: pod \"bad\": {bed.RunOf("bad")}/{file} is damaged: ", table.Error, StringComparison.Ordinal);
            Assert.Contains("\"peapod pod rm --force bad\" removes the pod", table.Error, StringComparison.Ordinal);
            Assert.Matches("(?m)^bad    ./1 +Damaged |^bad    0/0 +Damaged ", table.Output);
        }

        bed.Done("exec", "good", "--", "true");

        Assert.Equal("pod \"bad\" deleted\n", bed.Done("rm", "-f", "bad"));

        PodBed.Until(() => !PodBed.IsAlive(pid) && !PodBed.IsAlive(supervisor), "nothing of it lives");
        Assert.Equal((0, ""), (bed.Pod("ps") is var after ? after.ExitCode : 0, after.Error));
        Run("bad");
    }

    [Theory]
    [InlineData("pods/default_bad", "empty")]
    [InlineData("pods/default_bad", "garbage")]
    [InlineData("pods/default_bad", "half")]
    [InlineData("pods/default_bad", "directory")]
    [InlineData("pods/default_bad", "fifo")]
    [InlineData("pods/default_bad", "loop")]
    [InlineData("pods/default_bad", "missing")]
    [InlineData("ports/tcp-8093", "garbage")]
    [InlineData("ports/tcp-8093", "directory")]
    [InlineData("ports/tcp-8093", "fifo")]
    [InlineData("addresses/3", "empty")]
    [InlineData("addresses/3", "directory")]
    [InlineData("addresses/4", "garbage")]
    [InlineData("lock", "directory")]
    [InlineData("lock", "loop")]
    [InlineData("sysctls", "garbage")]
    [InlineData("sysctls", "directory")]
    [InlineData("addresses", "empty")]
    [InlineData("ports", "garbage")]
    public void A_damaged_lease_or_claim_costs_no_other_pod_anything(string file, string kind)
    {
        Run("good", "--port", "8092:80");
        Run("bad", "--port", "8093:80");
        var path = $"{PodBed.Network}/{file.Replace("default_bad", bed.OwnerOf("bad"), StringComparison.Ordinal)}";
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        Damage.Do(path, kind);

        Damage.AssertSaid(bed.Pod("gc"));
        Run("third");
        Assert.NotEqual(bed.Ip("good"), bed.Ip("third"));
        Assert.NotEqual(bed.Ip("bad"), bed.Ip("third"));
        bed.Done("rm", "-f", "third");
        bed.Done("rm", "-f", "bad");
        Assert.Contains("8092", PeapodCommand.Start("nft", "list", "table", "inet", "peapod").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("8093", PeapodCommand.Start("nft", "list", "table", "inet", "peapod").Output, StringComparison.Ordinal);
        Run("bad", "--port", "8093:80");
        bed.Done("rm", "-f", "bad", "good");
        bed.AssertNothingLeft();
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("fifo")]
    public void A_pod_whose_whole_folder_is_gone_is_removed_by_force(string kind)
    {
        Run("good");
        var pid = Run("bad");
        Directory.Move(bed.RunOf("bad"), $"{bed.Folder}/moved");
        Damage.Do(bed.RunOf("bad"), kind);

        Damage.AssertSaid(bed.Pod("ps"));
        Damage.AssertSaid(bed.Pod("gc"));
        Assert.True(PodBed.IsAlive(pid));
        bed.Done("rm", "-f", "bad");

        Assert.False(PodBed.IsAlive(pid));
        Run("bad");
    }

    [Theory]
    [InlineData("no-pod")]
    [InlineData("_")]
    public void What_is_no_pod_in_the_folder_of_pods_is_passed_over(string name)
    {
        Run("good");
        Directory.CreateDirectory($"{bed.RunRoot}/pods/{name}");

        Assert.Matches("(?m)^default +good +1/1 +Running ", bed.Done("ps", "-A"));
        bed.Done("gc");
        Directory.Delete($"{bed.RunRoot}/pods/{name}");
    }

    [Fact]
    public void Delete_kills_a_pod_that_nobody_could_stop_any_more()
    {
        var pid = Run("bad");
        PodBed.Kill(bed.Supervisor("bad"));
        Damage.Do($"{bed.RunOf("bad")}/status.json", "half");
        Damage.Do($"{bed.RunOf("bad")}/manifest.json", "half");

        Assert.Equal("pod \"bad\" deleted\n", bed.Done("delete", "bad"));

        Assert.False(PodBed.IsAlive(pid));
    }

    [Fact]
    public void Gc_removes_a_damaged_pod_of_which_nothing_runs_with_the_stopped_ones()
    {
        bed.RunSpec("bad", "  restartPolicy: Never\n  containers: [{name: c, image: localhost/busybox, command: [\"true\"]}]");
        var supervisor = bed.Supervisor("bad");
        bed.Done("wait", "bad", "--for", "jsonpath={.status.phase}=Succeeded");
        PodBed.Until(() => bed.Pod("exec", "bad", "--", "true").ExitCode != 0 && !Directory.Exists("/sys/fs/cgroup/peapod") && !PodBed.IsAlive(supervisor), "it is over");
        Damage.Do($"{bed.RunOf("bad")}/status.json", "garbage");

        Assert.Contains("status.json is damaged: ", bed.Pod("gc").Error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(bed.RunOf("bad")));
        Assert.Contains("removed pod \"default_bad\": its state is damaged, and nothing of it runs\n", bed.Pod("gc", "--stopped").Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bed.RunOf("bad")));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("newer")]
    [InlineData("directory")]
    [InlineData("fifo")]
    [InlineData("loop")]
    public void A_damaged_object_hides_no_other_and_can_be_written_anew_or_deleted(string kind)
    {
        string Map(string name) => bed.Write($"{name}.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: b}}\n");
        bed.Done("apply", "-f", Map("good"));
        bed.Done("apply", "-f", Map("bad"));
        bed.Done("apply", "-f", Map("worse"));
        var folder = $"{bed.DataRoot}/objects/default/configmaps";
        Damage.Do($"{folder}/bad.json", kind);
        Damage.Do($"{folder}/worse.json", kind);
        Damage.Do($"{folder}/x", "empty");

        var listed = bed.Pod("get", "configmaps,secrets");

        Assert.Equal(1, listed.ExitCode);
        Assert.Contains("configmap/good", listed.Output, StringComparison.Ordinal);
        Assert.Contains($"peapod: configmap \"bad\": {folder}/bad.json is damaged: ", listed.Error, StringComparison.Ordinal);
        Damage.AssertSaid(bed.Pod("get", "configmap", "bad"));
        Assert.Equal("configmap/bad created\n", bed.Done("apply", "-f", Map("bad")));
        Assert.Equal("configmap \"worse\" deleted\n", bed.Done("delete", "configmap", "worse"));
        Assert.Equal(0, bed.Pod("get", "configmaps").ExitCode);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("directory")]
    [InlineData("fifo")]
    public void A_network_configuration_that_is_damaged_keeps_no_pod_from_being_removed(string kind)
    {
        var file = bed.Write("network.json", """{"bridge": "peapod0"}""");
        bed.Done("run", "--network-config", file, "--image", "localhost/busybox", "bad", "--", "sleep", "1000");
        Damage.Do(file, kind);

        Damage.AssertSaid(bed.Pod("ps", "--network-config", file));
        var removed = bed.Pod("rm", "--network-config", file, "-f", "bad");

        Assert.Equal("pod \"bad\" deleted\n", removed.Output);
        Assert.Contains(file, removed.Error, StringComparison.Ordinal);
        Damage.AssertSaid(removed);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("garbage")]
    [InlineData("directory")]
    [InlineData("fifo")]
    public void The_record_of_an_id_range_that_is_damaged_does_not_keep_the_range(string kind)
    {
        bed.RunSpec("bad", "  hostUsers: false\n  containers: [{name: c, image: localhost/busybox, command: [sleep, \"1000\"]}]");
        Damage.Do($"{bed.RunOf("bad")}/id-range", kind);
        File.WriteAllText($"{PodBed.Ids}/garbage", "");

        bed.Done("rm", "-f", "bad");

        Assert.Equal(["garbage"], Directory.GetFileSystemEntries(PodBed.Ids).Select(Path.GetFileName));
        File.Delete($"{PodBed.Ids}/garbage");
    }
}
