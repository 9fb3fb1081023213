using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Each mistake gets one sentence that names the field or the flag, and leaves nothing behind (Bundle checks that).</summary>
public class BadInputTests
{
    [Theory]
    [InlineData("run")]
    [InlineData("delete")]
    public void An_unknown_flag_is_not_taken_for_an_id(string command)
    {
        using var bundle = new Bundle("true");
        var result = bundle.Peapod(command, "--no-such-flag");
        Assert.Equal((1, $"peapod: flag provided but not defined: --no-such-flag\n  see peapod {command} --help\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    [Covers("run --bundle")]
    public void A_missing_config_is_named()
    {
        using var bundle = new Bundle("true");
        File.Delete(bundle.ConfigPath);
        Refused(bundle.Run(), $"peapod: --bundle: cannot read \"{bundle.ConfigPath}\": No such file or directory");
    }

    [Fact]
    public void A_truncated_config_is_told_with_its_line()
    {
        using var bundle = new Bundle("true");
        File.WriteAllText(bundle.ConfigPath, "{\n  \"ociVersion\": \"1.0");
        Refused(bundle.Run(), "peapod: config.json: the JSON ends too early, at line 2, column 21");
    }

    [Fact]
    [Covers("ociVersion")]
    public void An_unknown_major_version_is_refused()
    {
        using var bundle = new Bundle("true").Edit(static config => config["ociVersion"] = "2.0.0");
        Refused(bundle.Run(), "peapod: config.json: ociVersion: version 2.0.0 of the runtime-spec is not supported, only 1.x");
    }

    [Fact]
    public void A_wrong_type_is_told_by_its_path()
    {
        using var bundle = new Bundle("true").Edit(static config => config["mounts"]![3]!["options"]![1] = 5);
        Refused(bundle.Run(), "peapod: config.json: mounts[3].options[1]: expected a string, found a number");
    }

    [Fact]
    [Covers("mounts.source")]
    public void A_mount_source_that_is_not_there_is_named()
    {
        using var bundle = new Bundle("true").Edit(static config => AddMount(config, "/nowhere/at/all", "/data"));
        Refused(bundle.Run(), "peapod: config.json: mounts[7]: cannot mount \"/nowhere/at/all\" at \"/data\": open_tree: No such file or directory\n  the source does not exist on the host");
    }

    [Fact]
    [Covers("mounts.destination")]
    public void A_mount_target_that_is_a_symlink_out_of_the_rootfs_is_made_inside_it()
    {
        using var bundle = new Bundle("true").Set("root.readonly", "false");
        var outside = Path.Combine(bundle.Folder, "outside");
        Directory.CreateDirectory(outside);
        File.CreateSymbolicLink(bundle.PathInRootfs("data"), outside);
        bundle.Edit(config => AddMount(config, "/tmp", "/data/inner"));

        Assert.Equal("", bundle.RunOutput());
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.True(Directory.Exists(bundle.PathInRootfs($"{outside}/inner")));
    }

    [Fact]
    [Covers("process.args")]
    public void A_missing_executable_gives_127_in_runcs_words()
    {
        using var bundle = new Bundle("no-such-program");
        Refused(bundle.Run(), "exec: \"no-such-program\": executable file not found in $PATH", 127);
    }

    [Fact]
    public void A_missing_path_gives_127_in_runcs_words()
    {
        using var bundle = new Bundle("/no/such");
        Refused(bundle.Run(), "exec: \"/no/such\": stat /no/such: no such file or directory", 127);
    }

    [Fact]
    public void A_file_that_may_not_be_executed_gives_126()
    {
        using var bundle = new Bundle("/plain");
        File.WriteAllText(bundle.PathInRootfs("plain"), "text");
        Refused(bundle.Run(), "exec: \"/plain\": permission denied", 126);
    }

    [Fact]
    public void A_file_that_is_no_program_is_told_at_start()
    {
        using var bundle = new Bundle("/plain");
        File.WriteAllText(bundle.PathInRootfs("plain"), "text");
        File.SetUnixFileMode(bundle.PathInRootfs("plain"), (UnixFileMode)0x1ed);
        Assert.Equal(0, bundle.Create().ExitCode);
        Refused(bundle.Peapod("start", bundle.Id), "exec: \"/plain\": exec /plain: exec format error", 126);
        Assert.Equal("stopped", bundle.Status);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a b")]
    public void An_id_that_is_no_plain_name_is_refused(string id)
    {
        using var bundle = new Bundle("true");
        Refused(bundle.Peapod("run", "--bundle", bundle.Folder, id), $"peapod: container id \"{id}\": ");
    }

    [Fact]
    public void An_id_in_use_is_refused()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Create().ExitCode);
        Refused(bundle.Create(), $"peapod: container id \"{bundle.Id}\": is already in use");
        Assert.Equal("created", bundle.Status);
    }

    [Fact]
    [Covers("start", "kill", "delete")]
    public void Starting_twice_killing_the_stopped_and_deleting_the_running_are_refused()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        Refused(bundle.Peapod("start", bundle.Id), $"peapod: container \"{bundle.Id}\" cannot be started: it is running, not created");
        Refused(bundle.Peapod("delete", bundle.Id), $"peapod: container \"{bundle.Id}\" cannot be deleted: it is running, not stopped");
        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);
        bundle.WaitFor("stopped");
        Refused(bundle.Peapod("kill", bundle.Id, "TERM"), $"peapod: container not running: \"{bundle.Id}\" has no process to signal");
    }

    [Fact]
    [Trait("also", "vm")]
    public void A_limit_without_its_controller_names_field_and_controller()
    {
        using var bundle = new Bundle("true").Edit(static config => config["linux"]!["resources"]!["memory"] = new JsonObject { ["limit"] = 1 << 26 });
        if (File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Contains("memory", StringComparison.Ordinal))
        {
            Assert.Equal(0, bundle.Run().ExitCode);
            return;
        }

        Refused(bundle.Run(), "peapod: config.json: linux.resources.memory.limit: the memory controller is not available: ");
    }

    [Fact]
    public void A_proc_that_is_a_symlink_is_refused()
    {
        using var bundle = new Bundle("true");
        Directory.Delete(bundle.PathInRootfs("proc"));
        File.CreateSymbolicLink(bundle.PathInRootfs("proc"), "tmp");
        Refused(bundle.Run(), "peapod: config.json: mounts[0]: cannot mount proc at \"/proc\": ");
    }

    private static void AddMount(JsonNode config, string source, string destination) => config["mounts"]!.AsArray().Add(new JsonObject
    {
        ["destination"] = destination,
        ["source"] = source,
        ["type"] = "bind",
        ["options"] = new JsonArray("rbind", "ro"),
    });

    private static void Refused(CommandResult result, string sentence, int exitCode = 1)
    {
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
    }
}
