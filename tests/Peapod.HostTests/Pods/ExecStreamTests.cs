using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>What `pod exec` does with its streams and its terminal.</summary>
public sealed class ExecStreamTests : IDisposable
{
    private readonly PodBed bed = new();

    public ExecStreamTests() => bed.Done("run", "-f", bed.Write("box.yaml", PodBed.Manifest("box", """
          terminationGracePeriodSeconds: 0
          containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]
        """)));

    public void Dispose() => bed.Dispose();

    private string Exec => $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot} exec";

    private static CommandResult Shell(string script) => PeapodCommand.Start("bash", "-c", script);

    [Theory]
    [InlineData("echo one; echo two | EXEC -i box -- cat", "one\ntwo\n")]
    [InlineData("printf 'b\\na\\n' | EXEC -i box -- sort", "a\nb\n")]
    [InlineData("echo lost | EXEC box -- cat; echo $?", "0\n")]
    [InlineData("EXEC -i box -- cat </dev/null; echo $?", "0\n")]
    [InlineData("EXEC -i box -- cat <&-; echo $?", "0\n")]
    [InlineData("yes | EXEC -i box -- sh -c 'exec <&-; sleep 0.3; exit 5'; echo $?", "5\n")]
    [InlineData("EXEC -i box -- true < <(exec sleep 100); echo over; kill $!", "over\n")]
    [InlineData("EXEC box -- sh -c 'exit 3'; echo $?", "3\n")]
    [InlineData("EXEC box -- sh -c 'kill -9 $$'; echo $?", "137\n")]
    [InlineData("EXEC box -- sh -c 'echo out; echo err >&2' 2>&1 >/dev/null", "err\n")]
    public void Input_ends_and_exit_codes_come_through(string script, string output)
    {
        Assert.Equal(output, Shell(script.Replace("EXEC", Exec, StringComparison.Ordinal)).Output);
    }

    [Fact]
    public void Large_streams_pass_both_ways_whole()
    {
        var result = Shell($"head -c 20000000 /dev/urandom >{bed.Folder}/data; {Exec} -i box -- cat <{bed.Folder}/data | cmp - {bed.Folder}/data && echo same; rm {bed.Folder}/data");

        Assert.Equal(("same\n", ""), (result.Output, result.Error));
    }

    [Fact]
    public void A_slow_reader_gets_all_that_was_written_before_the_end()
    {
        // More than a pipe holds is on its way when the process ends, and stays there longer than others of its streams are listened to.
        Assert.Equal("60000\n", Shell($"{Exec} box -- sh -c 'yes 123456789 | head -n 6000; exit 4' | {{ sleep 4; wc -c; }}").Output);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_the_process_as_a_broken_pipe_does()
    {
        var clock = Stopwatch.StartNew();

        var result = Shell($"{Exec} box -- yes | head -n 1; echo ${{PIPESTATUS[0]}}");

        Assert.Equal(("y\n141\n", ""), (result.Output, result.Error));
        Assert.True(clock.Elapsed.TotalSeconds < 20);
    }

    [Fact]
    public void Output_that_cannot_be_written_is_an_error_and_told()
    {
        var result = Shell($"{Exec} box -- echo word >/dev/full; echo $?");

        Assert.Equal(("1\n", "peapod: write \"standard output\": No space left on device\n"), (result.Output, result.Error));
    }

    [Fact]
    public void One_that_keeps_the_streams_is_heard_for_a_while_and_not_waited_for()
    {
        var clock = Stopwatch.StartNew();

        var result = Shell($"{Exec} box -- sh -c '(sleep 0.5; echo late; sleep 1000) & echo begun'");

        Assert.Equal((0, "begun\nlate\n"), (result.ExitCode, result.Output));
        Assert.True(clock.Elapsed.TotalSeconds < 20);
    }

    [Fact]
    public void A_signal_is_passed_on_and_ends_a_wait_for_a_reader_that_never_comes()
    {
        Assert.Equal("caught\n6\n", Shell($"{Exec} box -- sh -c 'trap \"echo caught; exit 6\" TERM; echo ready >&2; while :; do sleep 0.05; done' 2>{bed.Folder}/ready & until [ -s {bed.Folder}/ready ]; do sleep 0.05; done; kill $!; wait $!; echo $?").Output);

        // A full fifo that nobody reads: what the process wrote does not go anywhere, though it has ended.
        var full = $"mkfifo {bed.Folder}/full; exec 3<>{bed.Folder}/full; dd if=/dev/zero of={bed.Folder}/full bs=4096 oflag=nonblock 2>/dev/null; {Exec} box -- sh -c 'echo word; echo done >&2' >&3 2>{bed.Folder}/done & until [ -s {bed.Folder}/done ]; do sleep 0.05; done; sleep 0.3; kill -0 $! && echo waits; kill $!; wait $!; echo $?";
        Assert.Equal("waits\n0\n", Shell(full).Output);
    }

    [Theory]
    [InlineData("", "xterm")]
    [InlineData(", env: [{name: TERM, value: vt220}]", "vt220")]
    public void On_a_terminal_there_is_TERM(string env, string term)
    {
        bed.Done("run", "-f", bed.Write("term.yaml", PodBed.Manifest("term", $"  terminationGracePeriodSeconds: 0\n  containers: [{{name: c, image: localhost/busybox, command: [sleep, '100']{env}}}]")));
        using var terminal = Terminal.Open(33, 99);

        using var exec = terminal.Start("sh", "-c", $"{Exec} -it term -- sh -c 'echo $TERM; stty size; stty -a | grep -o .onlcr'");

        terminal.WaitFor("onlcr");
        Assert.True(exec.WaitForExit(10_000));
        Assert.Equal($"{term}\r\n33 99\r\n onlcr\r\n", terminal.Text);
        Assert.Equal(env.Length == 0 ? "\n" : "vt220\n", bed.Done("exec", "term", "--", "sh", "-c", "echo $TERM"));
    }

    [Theory]
    [InlineData("", "\u0010\u0011")]
    [InlineData("--detach-keys=ctrl-x,d", "\u0018d")]
    public void A_terminal_is_left_by_keys_and_its_process_goes_on(string flag, string keys)
    {
        using var terminal = Terminal.Open(33, 99);
        var before = terminal.Modes;
        using var exec = terminal.Start("sh", "-c", $"{Exec} -it {flag} box -- sh -c 'trap \"\" PIPE; trap \"echo >/tmp/hup\" HUP; echo ready; read line; while [ ! -e /tmp/end ]; do echo goes on; sleep 0.05; done; echo $line >/tmp/done'; echo left $?");
        terminal.WaitFor("ready");

        // What begins like the keys comes through.
        terminal.Type(keys[0] + "typed\n");
        terminal.WaitFor("goes on");
        terminal.Type(keys);

        terminal.WaitFor("left 0");
        Assert.True(exec.WaitForExit(10_000));
        Assert.Equal(before, terminal.Modes);
        Assert.Contains("\r\ndetached\r\n", terminal.Text);
        bed.Done("exec", "box", "--", "touch", "/tmp/end");
        PodBed.Until(() => bed.Pod("exec", "box", "--", "cat", "/tmp/done").Output.Contains("typed", StringComparison.Ordinal), "the process came to its end");
        Assert.Equal(1, bed.Pod("exec", "box", "--", "test", "-e", "/tmp/hup").ExitCode);
    }

    [Fact]
    public void Keys_that_are_none_are_refused()
    {
        Assert.Equal("peapod: --detach-keys \"ctrl-\": \"ctrl-\" is no key\n  expected such as ctrl-p,ctrl-q\n", bed.Pod("exec", "-it", "--detach-keys", "ctrl-", "box", "--", "true").Error.Replace("Unable to use a TTY - input is not a terminal or the right kind of file\n", ""));
    }
}
