using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Command lines that cannot be understood: one sentence that names the word at fault, runc's exit code, and the same sentence in the log.</summary>
public class UsageTests
{
    [Theory]
    [InlineData(1, "flag provided but not defined: --nope", "create", "--nope", "x")]
    [InlineData(1, "flag provided but not defined: --nope", "list", "--nope")]
    [InlineData(1, "flag provided but not defined: --nope", "exec", "--nope", "x", "true")]
    [InlineData(1, "flag provided but not defined: --nope", "ps", "--nope", "x")]
    [InlineData(1, "flag provided but not defined: --nope", "--nope", "list")]
    [InlineData(3, "unknown command \"nope\"", "nope")]
    [InlineData(3, "unknown command \"apply\", did you mean \"peapod pod apply\"?", "apply", "-f", "x")]
    [InlineData(3, "unknown command \"images\", did you mean \"peapod image ls\"?", "images")]
    [InlineData(3, "No help topic for 'nope'", "nope", "-h")]
    [InlineData(3, "No help topic for 'nope'", "--help", "nope")]
    [InlineData(3, "No help topic for 'nope'", "help", "nope")]
    [InlineData(3, "unknown command \"nope\"", "nope", "x")]
    [InlineData(1, "\"create\" needs a container-id", "create")]
    [InlineData(1, "\"run\" needs a container-id", "run", "--detach")]
    [InlineData(1, "\"start\" needs a container-id", "start")]
    [InlineData(1, "\"state\" needs a container-id", "state")]
    [InlineData(1, "\"kill\" needs a container-id", "kill")]
    [InlineData(1, "\"delete\" needs a container-id", "delete", "--force")]
    [InlineData(1, "\"exec\" needs a container-id", "exec")]
    [InlineData(1, "\"ps\" needs a container-id", "ps")]
    [InlineData(1, "\"pause\" needs a container-id", "pause")]
    [InlineData(1, "\"resume\" needs a container-id", "resume")]
    [InlineData(1, "\"events\" needs a container-id", "events")]
    [InlineData(1, "\"update\" needs a container-id", "update", "--memory", "1g")]
    [InlineData(1, "\"run\" has no use for the argument \"b\"", "run", "a", "b")]
    [InlineData(1, "\"state\" has no use for the argument \"b\"", "state", "a", "b")]
    [InlineData(1, "\"kill\" has no use for the argument \"c\"", "kill", "a", "TERM", "c")]
    [InlineData(1, "\"list\" has no use for the argument \"a\"", "list", "a")]
    [InlineData(1, "\"spec\" has no use for the argument \"a\"", "spec", "a")]
    [InlineData(1, "\"features\" has no use for the argument \"a\"", "features", "a")]
    [InlineData(1, "flag needs an argument: --bundle", "create", "--bundle")]
    [InlineData(1, "flag needs an argument: --diff", "plan", "--diff", "one")]
    [InlineData(1, "invalid value \"x\" for flag --preserve-fds", "create", "--preserve-fds", "x", "a")]
    [InlineData(1, "invalid value \"x\" for flag --additional-gids", "exec", "--additional-gids", "x", "a", "true")]
    [InlineData(1, "invalid value \"xml\" for flag --log-format", "--log-format", "xml", "list")]
    [InlineData(1, "invalid value \"v1\" for flag --cgroup-manager", "--cgroup-manager", "v1", "list")]
    public void A_command_line_at_fault_is_told_by_its_word(int exitCode, string sentence, params string[] arguments)
    {
        var log = Path.GetTempFileName();
        try
        {
            var result = PeapodCommand.Run(["--log", log, .. arguments]);
            var json = PeapodCommand.Run(["--log", log, .. arguments[0] == "--log-format" ? Array.Empty<string>() : ["--log-format", "json"], .. arguments]);

            Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
            Assert.Equal($"peapod: {sentence}", result.Error.Split('\n')[0]);
            Assert.Matches("^  see peapod( [a-z]+)? --help$", result.Error.Split('\n')[1]);
            Assert.Equal(exitCode, json.ExitCode);
            var last = File.ReadAllLines(log)[^1];
            if (arguments[0] != "--log-format")
            {
                Assert.Equal(("error", result.Error["peapod: ".Length..^1].Replace("\n  ", "; ")), ((string)JsonNode.Parse(last)!["level"]!, (string)JsonNode.Parse(last)!["msg"]!));
            }
        }
        finally
        {
            File.Delete(log);
        }
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("create", "--help")]
    [InlineData("exec", "--help")]
    public void Every_flag_of_the_checklist_is_in_the_help(params string[] arguments)
    {
        var help = PeapodCommand.Run(arguments).Output;
        string[] flags = arguments[0] switch
        {
            "create" => ["--bundle", "--console-socket", "--pid-file", "--no-pivot", "--no-new-keyring", "--preserve-fds", "--pidfd-socket"],
            "exec" => ["--process-label", "--apparmor", "--cgroup", "--pidfd-socket", "--ignore-paused", "--additional-gids"],
            _ => ["--debug", "--log", "--log-format", "--root", "--systemd-cgroup", "--rootless", "--cgroup-manager", "--help", "--version"],
        };

        Assert.All(flags, flag => Assert.Contains(flag, help, StringComparison.Ordinal));
    }

    [Fact]
    public void Of_a_flag_that_is_given_several_times_the_last_counts_and_those_of_lists_add_up()
    {
        using var bundle = new Bundle("sleep", "100");
        string[] roots = ["--root", "/no/such", "--log-format=json", "--root=" + bundle.Root, "--log-format", "text"];

        var created = PeapodCommand.Run([.. roots, "create", "-b", "/no/such/bundle", "--pid-file=/no/such/file", "--bundle", bundle.Folder, "--pid-file", $"{bundle.Folder}/pid", bundle.Id]);
        Assert.Equal((0, ""), (created.ExitCode, created.Error));
        Assert.Equal("created", bundle.Status);
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        var executed = bundle.Peapod("exec", "--cwd", "/etc", "--env", "A=1", "--cwd=/tmp", "-e", "B=2", "--tty", "--tty=false", bundle.Id, "sh", "-c", "pwd; echo $A$B; echo $0 $@", "--cwd", "/x", "--cwd", "/y");
        Assert.Equal(("/tmp\n12\n--cwd /x --cwd /y\n", ""), (executed.Output, executed.Error));
        Assert.Equal(0, bundle.Peapod("delete", "--force=false", "--force", bundle.Id).ExitCode);
    }
}
