using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class TerminalTests
{
    private const string Describe = "tty; stty size; stat -c '%F %t:%T' /dev/console; tty </dev/tty; ls -l /dev/ptmx | sed 's/.*-> //'";

    [Fact]
    [Covers("create --console-socket", "process.terminal", "process.consoleSize")]
    public void The_console_socket_receives_the_terminal_that_the_process_has()
    {
        using var bundle = new Bundle("sh", "-c", Describe);
        bundle.Set("process.terminal", "true").Set("process.consoleSize", """{"height": 25, "width": 81}""");

        using var terminal = Terminal.Receive(bundle.Folder, socket =>
            Succeeds(bundle.Peapod("create", "--bundle", bundle.Folder, "--console-socket", socket, bundle.Id)));
        Succeeds(bundle.Peapod("start", bundle.Id));
        bundle.WaitFor("stopped");

        terminal.WaitFor("pts/ptmx\r\n");
        Assert.Equal("/dev/pts/0\r\n25 81\r\ncharacter special file 88:0\r\n/dev/tty\r\npts/ptmx\r\n", terminal.Text);
    }

    [Fact]
    public void The_terminal_belongs_to_the_user()
    {
        using var bundle = new Bundle("sh", "-c", "stat -c %u:%g $(tty) /dev/console; echo again >/dev/stdout");
        bundle.Set("process.terminal", "true").Set("process.user", """{"uid": 1000, "gid": 1000}""");

        using var terminal = Terminal.Receive(bundle.Folder, socket =>
            Succeeds(bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, "--console-socket", socket, bundle.Id)));
        bundle.WaitFor("stopped");

        terminal.WaitFor("again\r\n");
        Assert.Equal("1000:5\r\n1000:5\r\nagain\r\n", terminal.Text);
    }

    [Fact]
    public void A_shell_on_the_terminal_has_job_control()
    {
        using var bundle = new Bundle("sh", "-c", "stty -echo; exec sh -i");
        bundle.Set("process.terminal", "true").Set("process.env[+]", "\"PS1=> \"");
        using var terminal = Terminal.Receive(bundle.Folder, socket =>
            Succeeds(bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, "--console-socket", socket, bundle.Id)));

        terminal.WaitFor("> ");
        Assert.DoesNotContain("job control", terminal.Text, StringComparison.Ordinal);
        terminal.Type("sleep 100\n");
        Thread.Sleep(200);
        terminal.Type("\u0003");
        Thread.Sleep(200);
        terminal.Type("echo status $?\n");
        terminal.WaitFor("status 130");
        terminal.Type("sleep 101\n");
        Thread.Sleep(200);
        terminal.Type("\u001a");
        terminal.WaitFor("Stopped");
        terminal.Type("fg\n");
        terminal.WaitFor("Stopped                    sleep 101\r\n> sleep 101");
        terminal.Type("\u0003");
        Thread.Sleep(200);
        terminal.Type("echo again $?\n");
        terminal.WaitFor("again 130");
        terminal.Type("exit\n");
        bundle.WaitFor("stopped");
    }

    [Fact]
    [Covers("run", "process.terminal")]
    public void Run_joins_the_callers_terminal_to_the_containers_and_puts_it_back()
    {
        using var bundle = new Bundle("sh", "-c", $"{Describe}; read word; echo \"read $word\"; exit 7");
        bundle.Set("process.terminal", "true");
        using var terminal = Terminal.Open(33, 99);
        var before = terminal.Modes;

        using var run = terminal.Start(PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);
        terminal.WaitFor("pts/ptmx\r\n");
        Assert.NotEqual(before, terminal.Modes);
        terminal.Type("word\r");

        Assert.True(run.WaitForExit(10_000));
        Assert.Equal(7, run.ExitCode);
        terminal.WaitFor("read word\r\n");
        Assert.Equal("/dev/pts/0\r\n33 99\r\ncharacter special file 88:0\r\n/dev/tty\r\npts/ptmx\r\nword\r\nread word\r\n", terminal.Text);
        Assert.Equal(before, terminal.Modes);
    }

    [Fact]
    public void A_new_size_of_the_callers_terminal_reaches_the_container()
    {
        using var bundle = new Bundle("sh", "-c", "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done");
        bundle.Set("process.terminal", "true");
        using var terminal = Terminal.Open(33, 99);
        using var run = terminal.Start(PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);
        terminal.WaitFor("ready");

        terminal.Resize(44, 122);

        terminal.WaitFor("44 122\r\n");
        Assert.True(run.WaitForExit(10_000));
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public void A_killed_process_leaves_the_callers_terminal_as_it_was()
    {
        using var bundle = new Bundle("sh", "-c", "echo ready; exec sleep 100");
        bundle.Set("process.terminal", "true");
        using var terminal = Terminal.Open(33, 99);
        var before = terminal.Modes;
        using var run = terminal.Start(PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);
        terminal.WaitFor("ready");

        Succeeds(bundle.Peapod("kill", bundle.Id, "KILL"));

        Assert.True(run.WaitForExit(10_000));
        Assert.Equal(137, run.ExitCode);
        Assert.Equal(before, terminal.Modes);
    }

    [Fact]
    public void A_reader_that_goes_away_does_not_take_the_container_with_it()
    {
        using var bundle = new Bundle("sh", "-c", "for i in 1 2 3 4 5; do echo line; sleep 0.1; done; exit 9");
        bundle.Set("process.terminal", "true");

        var result = PeapodCommand.Start("bash", "-c", "\"$@\" | true; exit ${PIPESTATUS[0]}", "bash", PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal((9, ""), (result.ExitCode, result.Error));
        Assert.Empty(Directory.GetFileSystemEntries(bundle.Root));
    }

    [Fact]
    [Covers("exec --tty")]
    public void Exec_on_a_terminal_gets_one_of_its_own()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        using var terminal = Terminal.Open(33, 99);

        using var exec = terminal.Start(PeapodCommand.Executable, "--root", bundle.Root, "exec", "--tty", bundle.Id, "sh", "-c", "tty; stty size; exit 3");

        Assert.True(exec.WaitForExit(10_000));
        Assert.Equal(3, exec.ExitCode);
        terminal.WaitFor("33 99\r\n");
        Assert.Equal("/dev/pts/0\r\n33 99\r\n", terminal.Text);
    }

    [Fact]
    [Covers("exec --console-socket")]
    public void A_detached_exec_sends_its_terminal_to_the_console_socket()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        using var terminal = Terminal.Receive(bundle.Folder, socket =>
            Succeeds(bundle.Exec("--tty", "--detach", "--console-socket", socket, bundle.Id, "sh", "-c", "tty; id -u")));

        terminal.WaitFor("\r\n0\r\n");
        Assert.Equal("/dev/pts/0\r\n0\r\n", terminal.Text);
    }

    [Fact]
    public void A_terminal_without_a_console_socket_is_refused()
    {
        using var bundle = new Bundle("true");
        bundle.Set("process.terminal", "true");

        const string sentence = "peapod: config.json: process.terminal: a terminal needs --console-socket, so that somebody can hold its other side\n";
        Assert.Equal(sentence, bundle.Create().Error);
        Assert.Equal(sentence, bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, bundle.Id).Error);
    }

    [Theory]
    [InlineData("create", true, "cannot connect to \"SOCKET\": No such file or directory")]
    [InlineData("run --detach", true, "cannot connect to \"SOCKET\": No such file or directory")]
    [InlineData("create", false, "config.json asks for no terminal (process.terminal)")]
    [InlineData("run --detach", false, "config.json asks for no terminal (process.terminal)")]
    [InlineData("run", false, "config.json asks for no terminal (process.terminal)")]
    [InlineData("run", true, "without --detach the terminal is joined to this one")]
    public void A_console_socket_that_leads_nowhere_is_refused(string command, bool terminal, string sentence)
    {
        using var bundle = new Bundle("true");
        bundle.Set("process.terminal", terminal ? "true" : "false");
        var socket = Path.Combine(bundle.Folder, "none.sock");

        var result = bundle.Peapod([.. command.Split(' '), "--bundle", bundle.Folder, "--console-socket", socket, bundle.Id]);

        Assert.Equal((1, $"peapod: --console-socket: {sentence.Replace("SOCKET", socket)}\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("--tty", "without --detach the terminal is joined to this one")]
    [InlineData("--detach", "the process has no terminal (--tty)")]
    public void A_console_socket_of_exec_that_leads_nowhere_is_refused(string flag, string sentence)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        Assert.Equal($"peapod: --console-socket: {sentence}\n", bundle.Exec(flag, "--console-socket", "/no/such", bundle.Id, "true").Error);
    }

    [Theory]
    [InlineData(Signum.SIGHUP)]
    [InlineData(Signum.SIGINT)]
    [InlineData(Signum.SIGTERM)]
    public void A_signal_that_ends_the_container_leaves_the_callers_terminal_as_it_was(Signum signal)
    {
        using var bundle = new Bundle("sh", "-c", $"trap 'exit 5' {(int)signal}; echo ready; while :; do sleep 0.05; done");
        bundle.Set("process.terminal", "true");
        using var terminal = Terminal.Open(33, 99);
        var before = terminal.Modes;
        using var run = terminal.Start(PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);
        terminal.WaitFor("ready");
        Assert.NotEqual(before, terminal.Modes);

        Assert.Equal(0, Syscall.kill(run.Id, signal));

        Assert.True(run.WaitForExit(10_000));
        Assert.Equal((5, before), (run.ExitCode, terminal.Modes));
    }

    [Fact]
    public void The_process_sees_the_callers_size_from_its_first_moment_on()
    {
        // Its own first act, and then a change of size that comes to it though nobody made one.
        using var bundle = new Bundle("sh", "-c", "trap 'echo changed' WINCH; stty size; sleep 0.3; sleep 0.3; echo end");
        bundle.Set("process.terminal", "true").Set("process.consoleSize", """{"height": 25, "width": 81}""");
        using var terminal = Terminal.Open(33, 99);

        using var run = terminal.Start(PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        terminal.WaitFor("end\r\n");
        Assert.True(run.WaitForExit(10_000));
        Assert.Equal("33 99\r\nend\r\n", terminal.Text);
    }

    [Fact]
    public void In_the_foreground_line_ends_are_made_by_the_callers_terminal_alone()
    {
        const string script = "stty -a 2>/dev/null | grep -o .onlcr; echo end; sleep 0.2";
        using var bundle = new Bundle("sh", "-c", script);
        bundle.Set("process.terminal", "true");
        using var other = new Bundle("sleep", "100");
        other.RunDetached();

        // Seen without a terminal of the caller's, which would put the CR there.
        var run = PeapodCommand.Start("sh", "-c", $"{PeapodCommand.Executable} --root {bundle.Root} run --bundle {bundle.Folder} {bundle.Id} | cat");
        var exec = PeapodCommand.Start("sh", "-c", $"{PeapodCommand.Executable} --root {other.Root} exec -t {other.Id} sh -c '{script}' | cat");

        Assert.Equal(("-onlcr\nend\n", ""), (run.Output, run.Error));
        Assert.Equal(("-onlcr\nend\n", ""), (exec.Output, exec.Error));
    }

    [Theory]
    [InlineData("run", "</dev/null")]
    [InlineData("run", "</dev/null 2>/dev/null")]
    [InlineData("run", "</dev/null >SEEN")]
    [InlineData("run", "</dev/null >SEEN 2>&1")]
    [InlineData("exec", "</dev/null")]
    [InlineData("exec", "</dev/null >SEEN 2>&1")]
    public void The_size_is_that_of_whatever_terminal_the_caller_has(string command, string redirections)
    {
        using var bundle = new Bundle(command == "run" ? ["stty", "size"] : ["sleep", "100"]);
        var line = $"run --bundle {bundle.Folder} {bundle.Id}";
        if (command == "exec")
        {
            bundle.RunDetached();
            line = $"exec -t {bundle.Id} stty size";
        }
        else
        {
            bundle.Set("process.terminal", "true");
        }

        var seen = Path.Combine(bundle.Folder, "seen");
        File.WriteAllText(seen, "");
        using var terminal = Terminal.Open(33, 99);
        using var started = terminal.Start("sh", "-c", $"{PeapodCommand.Executable} --root {bundle.Root} {line} {redirections.Replace("SEEN", seen)}; cat {seen}");

        Assert.True(started.WaitForExit(10_000));
        terminal.WaitFor("33 99\r\n");
    }

    [Fact]
    public void A_detached_exec_with_a_terminal_needs_a_console_socket()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        Assert.Equal(
            "peapod: --console-socket: a detached process with a terminal needs somebody to hold its other side\n",
            bundle.Exec("--tty", "--detach", bundle.Id, "true").Error);
    }

    [Fact]
    public void A_read_only_dev_still_gets_its_console()
    {
        using var bundle = new Bundle("sh", "-c", "tty; touch /dev/new 2>&1");
        bundle.Set("process.terminal", "true").Set("mounts[1].options", """["nosuid", "ro", "mode=755"]""");

        using var terminal = Terminal.Receive(bundle.Folder, socket =>
            Succeeds(bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, "--console-socket", socket, bundle.Id)));
        bundle.WaitFor("stopped");

        terminal.WaitFor("system\r\n");
        Assert.Equal("/dev/pts/0\r\ntouch: /dev/new: Read-only file system\r\n", terminal.Text);
    }

    private static void Succeeds(CommandResult result)
    {
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
    }
}
