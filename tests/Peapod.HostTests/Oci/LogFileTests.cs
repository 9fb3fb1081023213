using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>A log, standard output or standard error that cannot be written, and streams that are closed: no command dies of it.</summary>
public class LogFileTests
{
    private static readonly string[] Formats = ["text", "json"];

    [Fact]
    public void A_full_log_keeps_no_container_from_running_and_what_was_to_be_logged_is_told()
    {
        foreach (var format in Formats)
        {
            using var bundle = Warning("echo ran; exit 3");

            var result = bundle.Peapod("--log", "/dev/full", "--log-format", format, "run", "--bundle", bundle.Folder, bundle.Id);

            Assert.Equal((3, "ran\n"), (result.ExitCode, result.Output));
            Assert.Equal(2, result.Error.TrimEnd('\n').Split('\n').Length);
            Assert.Contains("--log: cannot write", result.Error, StringComparison.Ordinal);
            Assert.Contains("CAP_NOPE", result.Error, StringComparison.Ordinal);
            Assert.Contains("No space left on device", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_failure_is_still_told_in_one_line_when_the_log_is_full()
    {
        var result = PeapodCommand.Run("--log", "/dev/full", "--root", "/no/such", "state", "none");

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Equal("peapod: warning: --log: cannot write \"/dev/full\": No space left on device\npeapod: container \"none\" does not exist\n", result.Error);
    }

    [Fact]
    public void A_file_system_that_becomes_full_is_told_once()
    {
        using var bundle = Warning("echo ran; exit 3");
        var tiny = Path.Combine(bundle.Folder, "tiny");
        Directory.CreateDirectory(tiny);

        // Each step of --debug is a line; the first of them still fit.
        var result = Shell($"mount -t tmpfs -o size=4k tiny {tiny} && {PeapodCommand.Executable} --debug --log {tiny}/log --root {bundle.Root} run --bundle {bundle.Folder} {bundle.Id}; echo $?; stat -c %s {tiny}/log; umount {tiny}");

        Assert.Equal("ran\n3\n4096\n", result.Output);
        Assert.Single(result.Error.Split('\n'), static line => line.Contains("cannot write", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "is a fifo or a socket that nobody reads")]
    [InlineData("exec 5<>FIFO; dd if=/dev/zero of=FIFO bs=4096 oflag=nonblock 2>/dev/null; ", "cannot write \"FIFO\": Resource temporarily unavailable")]
    public void A_fifo_that_nobody_reads_is_not_waited_for(string before, string sentence)
    {
        using var bundle = Warning("echo ran; exit 3");
        var fifo = Path.Combine(bundle.Folder, "fifo");
        var clock = Stopwatch.StartNew();

        var result = Shell($"mkfifo {fifo}; {before.Replace("FIFO", fifo)}{PeapodCommand.Executable} --log {fifo} --root {bundle.Root} run --bundle {bundle.Folder} {bundle.Id} 5<&-; echo $?");

        Assert.Equal("ran\n3\n", result.Output);
        Assert.Contains(sentence.Replace("FIFO", fifo), result.Error, StringComparison.Ordinal);
        Assert.True(clock.Elapsed.TotalSeconds < 15);
    }

    [Fact]
    public void A_log_whose_reader_has_gone_is_told()
    {
        using var bundle = Warning("echo ran; exit 3");

        // Standard error is the pipe whose reader has gone, and the log's.
        var result = Shell($"{{ {PeapodCommand.Executable} --log /dev/fd/7 --root {bundle.Root} run --bundle {bundle.Folder} {bundle.Id}; echo $? >&8; }} 8>&1 7> >(exec sleep 0.0) >&8; sleep 0.1");

        Assert.Equal("ran\n3\n", result.Output);
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData(">&-")]
    [InlineData("2>&-")]
    [InlineData("<&- >&- 2>&-")]
    [InlineData("<&- 2>&-")]
    public void Closed_streams_are_the_null_device_and_take_nothing_elses_place(string closed)
    {
        using var bundle = Warning("for fd in 0 1 2; do readlink /proc/self/fd/$fd; done >/seen; exit 3");
        bundle.Set("root.readonly", "false");

        var result = Shell($"{PeapodCommand.Executable} --root {bundle.Root} run --bundle {bundle.Folder} {bundle.Id} {closed}; echo $?");

        Assert.Equal("3\n", result.Output);
        var seen = File.ReadAllLines(bundle.PathInRootfs("seen"));
        foreach (var (stream, mark) in new[] { (0, "<&-"), (2, "2>&-") })
        {
            Assert.True(seen[stream] == "/dev/null" || !closed.Split(' ').Contains(mark), $"{stream}: {seen[stream]}");
        }

        Assert.Empty(Directory.GetFileSystemEntries(bundle.Root));
    }

    [Fact]
    public void Closed_streams_of_each_command_are_no_matter()
    {
        using var bundle = Warning("sleep 100");
        var peapod = $"{PeapodCommand.Executable} --root {bundle.Root}";

        foreach (var command in new[] { $"create --bundle {bundle.Folder} {bundle.Id}", $"start {bundle.Id}", $"exec {bundle.Id} true", $"state {bundle.Id}", "list", $"kill {bundle.Id} KILL", $"delete -f {bundle.Id}" })
        {
            var result = Shell($"{peapod} {command} <&- >&- 2>&-; echo $?");
            Assert.True(result.Output == "0\n", $"{command}: {result.Output}");
        }
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData(">/dev/full 2>/dev/full")]
    [InlineData("2>/dev/full | true")]
    public void Output_that_cannot_be_written_is_told_and_is_no_crash(string redirections)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var root = $"--root {bundle.Root}";
        string[] commands =
        [
            "--help", "", "run --help", "--version", $"{root} list", $"{root} list -q", $"{root} list -f json", $"{root} state {bundle.Id}", $"{root} ps {bundle.Id}", $"{root} ps -f json {bundle.Id}",
            $"{root} events --stats {bundle.Id}", "features", "doctor", $"{root} plan --bundle {bundle.Folder} x", $"{root} plan --json --bundle {bundle.Folder} x", $"{root} gc --dry-run", "pod --help", "pod ps --help",
            $"pod --run-root {bundle.Folder}/run --data-root {bundle.Folder}/data ps", $"image --data-root {bundle.Folder}/data ls", "pod get -o json pods", "completion bash", "__complete 'peapod '",
        ];

        foreach (var command in commands)
        {
            var result = Shell($"{PeapodCommand.Executable} {command} {redirections}; echo ${{PIPESTATUS[0]}}");
            Assert.True(int.Parse(result.Output.TrimEnd('\n').Split('\n')[^1]) is 0 or 1 or 141, $"{command}: {result.Output}{result.Error}");
            Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("nhandled", result.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>A container of which there is something to warn.</summary>
    private static Bundle Warning(string script) =>
        new Bundle("sh", "-c", script).Edit(static config => config["process"]!["capabilities"]!["bounding"]!.AsArray().Add("CAP_NOPE"));

    private static CommandResult Shell(string script) => PeapodCommand.Start("bash", "-c", script);
}
