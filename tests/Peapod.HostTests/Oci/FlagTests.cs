using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>The flags that callers pass and that no other test is about.</summary>
public class FlagTests
{
    [Fact]
    [Covers("--log", "--log-format")]
    public void The_sentence_of_a_failure_is_the_last_line_of_the_log()
    {
        using var bundle = new Bundle("no-such-thing");
        var log = Path.Combine(bundle.Folder, "log");
        const string Sentence = "config.json: process.args[0]: exec: \"no-such-thing\": executable file not found in $PATH";

        Assert.Equal(127, bundle.Peapod("--log", log, "--log-format", "json", "run", "--bundle", bundle.Folder, bundle.Id).ExitCode);
        var line = JsonNode.Parse(File.ReadAllLines(log)[^1])!;
        Assert.Equal(("error", Sentence), ((string)line["level"]!, (string)line["msg"]!));
        Assert.InRange(DateTime.Parse((string)line["time"]!, null, System.Globalization.DateTimeStyles.AdjustToUniversal), DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow.AddMinutes(1));

        bundle.Peapod("--log", log, "run", "--bundle", bundle.Folder, bundle.Id);
        Assert.Matches("^time=\"[0-9T:Z-]{20}\" level=error msg=\"" + System.Text.RegularExpressions.Regex.Escape(Sentence.Replace("\"", "\\\"")) + "\"$", File.ReadAllLines(log)[^1]);
    }

    [Fact]
    [Covers("--root")]
    public void Containers_of_one_root_are_not_seen_in_another()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        var other = PeapodCommand.Run("--root", bundle.Root + "-other", "state", bundle.Id);

        Assert.Equal((1, $"peapod: container \"{bundle.Id}\" does not exist\n"), (other.ExitCode, other.Error));
    }

    [Fact]
    [Covers("--version")]
    public void The_version_is_told_line_by_line()
    {
        var lines = PeapodCommand.Run("--version").Output.Split('\n');

        Assert.Matches("^peapod version [0-9.]+$", lines[0]);
        Assert.Matches("^commit: [0-9a-f]{12}(-dirty)?$|^commit: unknown$", lines[1]);
        Assert.Equal("spec: 1.3.0", lines[2]);
        Assert.Contains(lines, static line => Regex.IsMatch(line, "^libseccomp: [0-9]+[.][0-9]+[.][0-9]+$"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    [InlineData("--debug help")]
    [Covers("--help")]
    public void Help_has_runcs_parts(string line)
    {
        var result = PeapodCommand.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(["NAME:", "USAGE:", "VERSION:", "COMMANDS:", "GLOBAL OPTIONS:"], Headings(result.Output));
        Assert.StartsWith("NAME:\n   peapod - ", result.Output, StringComparison.Ordinal);
        Assert.Contains("\n   peapod [global options] command [command options] [arguments...]\n", result.Output, StringComparison.Ordinal);
        Assert.Matches("\n   run +make a container and run its process\n", result.Output);
        Assert.Matches("\n   --root value +", result.Output);
        Assert.Matches("\n   --debug +log what is done\n", result.Output);
    }

    [Fact]
    public void Every_command_has_help_in_runcs_form()
    {
        string[] commands =
        [
            "create", "start", "run", "state", "kill", "delete", "exec", "list", "pause", "resume", "ps", "events", "update", "mounts", "checkpoint", "restore", "spec", "features", "plan", "doctor", "gc",
        ];
        foreach (var command in commands)
        {
            var help = PeapodCommand.Run(command, "--help");
            Assert.Equal((0, ""), (help.ExitCode, help.Error));
            Assert.StartsWith($"NAME:\n   peapod {command} - ", help.Output, StringComparison.Ordinal);
            Assert.Contains($"\nUSAGE:\n   peapod {command} [command options]", help.Output, StringComparison.Ordinal);
            Assert.Equal("OPTIONS:", Headings(help.Output)[^1]);
            Assert.Equal(help, PeapodCommand.Run("help", command));
            Assert.Equal(help, PeapodCommand.Run("h", command));
        }

        Assert.Contains("\n   --bundle value, -b value ", PeapodCommand.Run("run", "-h").Output, StringComparison.Ordinal);
        Assert.Contains("[command options] <container-id>\n", PeapodCommand.Run("run", "-h").Output, StringComparison.Ordinal);
    }

    private static string[] Headings(string help) => [.. help.Split('\n').Where(static line => line.Length > 0 && line[0] != ' ')];

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("auto")]
    [Covers("--rootless")]
    public void A_flag_of_runcs_that_changes_nothing_is_taken(string value)
    {
        using var bundle = new Bundle("echo", "hi");

        Assert.Equal("hi\n", bundle.Peapod("--rootless", value, "run", "--bundle", bundle.Folder, bundle.Id).Output);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    [Covers("--debug", "--log-format")]
    public void What_is_done_is_logged_when_asked_for_and_the_failure_is_still_the_last_line(string format)
    {
        using var bundle = new Bundle("no-such-thing");
        var log = Path.Combine(bundle.Folder, "log");

        var result = bundle.Peapod("--debug", "--log", log, "--log-format", format, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal("peapod: config.json: process.args[0]: exec: \"no-such-thing\": executable file not found in $PATH\n", result.Error);
        var lines = File.ReadAllLines(log);
        Assert.InRange(lines.Length, 20, 200);
        Assert.Contains(lines, line => line.Contains(format == "json" ? "{\"level\":\"debug\",\"msg\":\"made the cgroup " : "level=debug msg=\"made the cgroup ", StringComparison.Ordinal));
        Assert.Contains(format == "json" ? "\"level\":\"error\"" : "level=error", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    [Covers("--log-format")]
    public void Without_a_file_the_log_is_standard_error_in_the_format_that_is_asked_for()
    {
        var result = PeapodCommand.Run("--log-format", "json", "--root", "/no/such", "state", "none");

        Assert.Equal((1, 2), (result.ExitCode, result.Error.Split('\n').Length));
        Assert.Equal(("error", "container \"none\" does not exist"), ((string)JsonNode.Parse(result.Error)!["level"]!, (string)JsonNode.Parse(result.Error)!["msg"]!));
    }

    [Fact]
    [Covers("--log")]
    public void A_log_that_cannot_be_opened_fails_the_command()
    {
        var result = PeapodCommand.Run("--log", "/no/such/log", "list");

        Assert.Equal((1, "", "peapod: --log: cannot open \"/no/such/log\": No such file or directory\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    [Covers("run --keep", "run --pid-file")]
    public void A_container_that_is_kept_is_there_when_it_has_ended()
    {
        using var bundle = new Bundle("sh", "-c", "exit 3");
        var pidFile = Path.Combine(bundle.Folder, "pid");

        Assert.Equal(3, bundle.Peapod("run", "--keep", "--pid-file", pidFile, "--bundle", bundle.Folder, bundle.Id).ExitCode);

        Assert.Equal("stopped", bundle.Status);
        Assert.True(int.Parse(File.ReadAllText(pidFile)) > 0);
    }

    [Fact]
    [Covers("run --console-socket")]
    public void A_detached_run_sends_its_terminal_to_the_console_socket()
    {
        using var bundle = new Bundle("sh", "-c", "tty; sleep 100").Set("process.terminal", "true");

        using var terminal = Terminal.Receive(bundle.Folder, socket =>
            Assert.Equal(0, bundle.Peapod("run", "--detach", "--console-socket", socket, "--bundle", bundle.Folder, bundle.Id).ExitCode));

        terminal.WaitFor("/dev/pts/0\r\n");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("create")]
    [Covers("run --no-pivot", "create --no-pivot")]
    public void Without_a_pivot_the_root_is_the_bundles_too(string command)
    {
        using var bundle = new Bundle("sh", "-c", "ls /; cat /proc/1/root/etc/shadow 2>/dev/null; echo end");
        var output = Path.Combine(bundle.Folder, "output");
        var expected = string.Concat(Directory.GetFileSystemEntries(bundle.PathInRootfs("/")).Select(static path => Path.GetFileName(path) + "\n").Order(StringComparer.Ordinal)) + "end\n";

        PeapodCommand.Start("sh", "-c", "exec \"$@\" >\"$0\"", output, PeapodCommand.Executable, "--root", bundle.Root, command, "--no-pivot", "--bundle", bundle.Folder, bundle.Id);
        if (command == "create")
        {
            Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
            bundle.WaitFor("stopped");
        }

        Assert.Equal(expected, File.ReadAllText(output));
    }

    [Fact]
    [Covers("run --no-new-keyring", "create --no-new-keyring")]
    public void Without_a_new_keyring_there_is_none_of_the_containers()
    {
        using var bundle = new Bundle("cat", "/proc/keys").Set("linux.maskedPaths", "[]");

        Assert.Contains($"_ses.{bundle.Id}: ", bundle.RunOutput(), StringComparison.Ordinal);

        // By another name: the kernel takes its time to forget the keyring of the first.
        var result = bundle.Peapod("run", "--no-new-keyring", "--bundle", bundle.Folder, bundle.Id + "b");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.DoesNotContain($"_ses.{bundle.Id}b: ", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Covers("run --no-subreaper")]
    public void Orphans_of_a_container_without_a_pid_namespace_come_to_run_unless_told_otherwise(bool reaps)
    {
        using var bundle = new Bundle("sh", "-c", "sh -c 'sleep 100 & echo $!'; sleep 100").Namespaces("mount", "ipc", "uts", "network");
        string[] arguments = ["--root", bundle.Root, "run", .. reaps ? Array.Empty<string>() : ["--no-subreaper"], "--bundle", bundle.Folder, bundle.Id];
        using var run = Process.Start(new ProcessStartInfo(PeapodCommand.Executable, arguments) { RedirectStandardOutput = true })!;

        var orphan = run.StandardOutput.ReadLine();
        PodBed.Until(() => Parent() != null, "the orphan is there");
        PodBed.Until(() => Parent() == (reaps ? run.Id : 1), reaps ? "run is its parent" : "process 1 is its parent");
        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);
        run.WaitForExit();

        int? Parent() => File.Exists($"/proc/{orphan}/stat") ? int.Parse(File.ReadAllText($"/proc/{orphan}/stat").Split(") ")[^1].Split(' ')[1]) : null;
    }

    [Fact]
    [Covers("run")]
    public void Orphans_that_came_to_run_are_reaped()
    {
        using var bundle = new Bundle("sh", "-c", "sh -c 'sleep 0.2 & sleep 0.3 & echo left'; sleep 100").Namespaces("mount", "ipc", "uts", "network");
        using var run = Process.Start(new ProcessStartInfo(PeapodCommand.Executable, ["--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id]) { RedirectStandardOutput = true })!;

        Assert.Equal("left", run.StandardOutput.ReadLine());
        PodBed.Until(() => Children() == 3, "both orphans came");
        PodBed.Until(() => Children() == 1, "both orphans were reaped");
        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);
        run.WaitForExit();
        Assert.Equal(137, run.ExitCode);

        int Children() => File.ReadAllText($"/proc/{run.Id}/task/{run.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    [Fact]
    [Covers("list")]
    public void An_empty_list_is_runcs()
    {
        using var bundle = new Bundle("true");
        Directory.CreateDirectory(bundle.Root);

        Assert.Equal("null\n", bundle.Peapod("list", "--format", "json").Output);
        Assert.Equal("", bundle.Peapod("list", "--quiet").Output);
        Assert.Equal("ID          PID         STATUS      BUNDLE      CREATED     OWNER\n", bundle.Peapod("list").Output);
        Assert.Equal((1, "peapod: --format: invalid format option\n"), (bundle.Peapod("list", "--format", "xml").ExitCode, bundle.Peapod("list", "--format", "xml").Error));
    }

    [SkippableFact]
    [Covers("list")]
    public void The_table_of_the_list_is_laid_out_as_runcs()
    {
        var runc = Peer.Current("runc");
        Peer.Need(runc);
        using var bundle = new Bundle("sleep", "100").Set("linux.cgroupsPath", "\"/peapod-test-list\"");
        Assert.Equal(0, bundle.Create().ExitCode);
        var ours = bundle.Peapod("list").Output;
        Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);
        var root = Path.Combine(bundle.Folder, "runc");
        Assert.Equal(0, PeapodCommand.Start(runc, "--root", root, "create", "--bundle", bundle.Folder, bundle.Id).ExitCode);
        var theirs = PeapodCommand.Start(runc, "--root", root, "list").Output;
        Assert.Equal(0, PeapodCommand.Start(runc, "--root", root, "delete", "--force", bundle.Id).ExitCode);

        Assert.Equal(Columns(theirs), Columns(ours));

        // Where the last column begins depends on how many digits the time of creation happens to have.
        static string Columns(string table) => string.Join('\n', table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line =>
            System.Text.RegularExpressions.Regex.Replace(System.Text.RegularExpressions.Regex.Replace(line, " [0-9]+ +(?=created)", static match => new string('#', match.Length)), "(CREATED|20[0-9]{2}-[0-9T:.-]+Z) +", "TIME ")));
    }

    [Fact]
    [Covers("list --quiet")]
    public void A_quiet_list_has_the_ids_alone()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        Assert.Equal($"{bundle.Id}\n", bundle.Peapod("list", "--quiet").Output);
    }

    [Fact]
    [Covers("spec", "spec --bundle")]
    public void Spec_writes_a_configuration_that_runs_and_overwrites_none()
    {
        using var bundle = new Bundle("true");
        var before = File.ReadAllText(bundle.ConfigPath);

        var again = PeapodCommand.Run("spec", "--bundle", bundle.Folder);

        Assert.Equal((1, $"peapod: \"{bundle.ConfigPath}\" exists already\n  remove it first, if it may go\n"), (again.ExitCode, again.Error));
        Assert.Equal(before, File.ReadAllText(bundle.ConfigPath));
    }

    [Fact]
    [Covers("spec --rootless")]
    public void Spec_for_a_user_has_a_user_namespace_of_that_users()
    {
        using var bundle = new Bundle("true");
        File.Delete(bundle.ConfigPath);

        Assert.Equal(0, PeapodCommand.Run("spec", "--rootless", "--bundle", bundle.Folder).ExitCode);

        var linux = JsonNode.Parse(File.ReadAllText(bundle.ConfigPath))!["linux"]!;
        Assert.Contains(linux["namespaces"]!.AsArray(), static entry => (string)entry!["type"]! == "user");
        Assert.Equal("""[{"containerID":0,"hostID":0,"size":1}]""", linux["uidMappings"]!.ToJsonString());
    }

    [Fact]
    [Covers("plan", "plan --bundle", "plan --format")]
    public void A_plan_is_printed_and_nothing_is_done()
    {
        using var bundle = new Bundle("echo", "hi");
        var text = PeapodCommand.Run("plan", "--bundle", bundle.Folder);
        var json = PeapodCommand.Run("plan", "--bundle", bundle.Folder, "--format", "json");

        Assert.Equal((0, 0, "", ""), (text.ExitCode, json.ExitCode, text.Error, json.Error));
        Assert.Contains("clone3: CLONE_NEWPID", text.Output, StringComparison.Ordinal);
        Assert.NotNull(JsonNode.Parse(json.Output));
        Assert.False(Directory.Exists(bundle.Root));
    }

    [Fact]
    [Covers("plan --diff")]
    public void Two_plans_are_compared_line_by_line()
    {
        using var one = new Bundle("true");
        using var other = new Bundle("true");
        File.WriteAllText(one.ConfigPath, File.ReadAllText(one.ConfigPath).Replace("\"rootfs\"", $"\"{one.PathInRootfs("")}\""));
        File.Copy(one.ConfigPath, other.ConfigPath, overwrite: true);

        var same = PeapodCommand.Run("plan", "--diff", one.Folder, other.Folder);
        other.Set("hostname", "\"elsewhere\"");
        var different = PeapodCommand.Run("plan", "--diff", one.Folder, other.Folder);

        Assert.Equal((0, "", ""), (same.ExitCode, same.Output, same.Error));
        Assert.Equal((1, ""), (different.ExitCode, different.Error));
        var lines = different.Output.Split('\n');
        Assert.Equal(($"--- {one.Folder}", $"+++ {other.Folder}"), (lines[0], lines[1]));
        Assert.Matches("^-.*\"peapod\"", Assert.Single(lines[2..], static line => line.StartsWith('-')));
        Assert.Matches("^\\+.*\"elsewhere\"", Assert.Single(lines[2..], static line => line.StartsWith('+')));
    }
}
