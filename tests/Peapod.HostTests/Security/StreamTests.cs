using System.Globalization;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>What a process in a container gets for standard streams: nothing that is the caller's or the host's.</summary>
public sealed class StreamTests
{
    /// <summary>What the three streams are, seen from inside: "pipe", "/dev/null", or the path of something that is not its own.</summary>
    private const string Look = "for fd in 0 1 2; do readlink /proc/self/fd/$fd | sed 's/:.*//'; done; test -t 0 -o -t 1 -o -t 2 && echo terminal; echo end";

    /// <summary>Reopens standard output and standard error, which only their owner may.</summary>
    private const string Reopen = "echo out >/dev/stdout && echo err >/dev/stderr; id -u";

    [Theory]
    [InlineData("", "/dev/null")]
    [InlineData("-i", "pipe")]
    public void A_command_in_a_pod_gets_nothing_of_the_callers_terminal(string flags, string input)
    {
        using var bed = Bed("securityContext: {runAsUser: 1000}");
        using var terminal = Terminal.Open(33, 99);
        File.SetUnixFileMode(terminal.SlavePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        using var exec = terminal.Start("sh", "-c", $"{Pod(bed)} exec {flags} p -- sh -c '{Look.Replace("'", "'\\''")}'; stat -c %u $(tty)");

        terminal.WaitFor("end\r\n0\r\n");
        Assert.True(exec.WaitForExit(10_000));
        Assert.Equal($"{input}\r\npipe\r\npipe\r\nend\r\n0\r\n", terminal.Text);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public void A_process_in_the_foreground_gets_nothing_of_the_callers_terminal(string command)
    {
        using var bundle = new Bundle("sh", "-c", command == "run" ? Look : "sleep 100");
        bundle.Set("process.user", """{"uid": 1000, "gid": 1000}""");
        string[] arguments = ["run", "--bundle", bundle.Folder, bundle.Id];
        if (command == "exec")
        {
            bundle.RunDetached();
            arguments = ["exec", bundle.Id, "sh", "-c", Look];
        }

        using var terminal = Terminal.Open(33, 99);
        using var started = terminal.Start(PeapodCommand.Executable, ["--root", bundle.Root, .. arguments]);

        terminal.WaitFor("end\r\n");
        Assert.True(started.WaitForExit(10_000));
        Assert.Equal("pipe\r\npipe\r\npipe\r\nend\r\n", terminal.Text);
    }

    [Fact]
    public void What_is_typed_reaches_a_process_in_the_foreground_that_has_no_terminal()
    {
        using var bundle = new Bundle("sh", "-c", "echo ready; read word; echo got $word; read more || echo over; exit 7");
        using var terminal = Terminal.Open(33, 99);
        using var run = terminal.Start(PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        terminal.WaitFor("ready");
        terminal.Type("word\n");
        terminal.WaitFor("got word");
        terminal.Type("\u0004");

        terminal.WaitFor("over");
        Assert.True(run.WaitForExit(10_000));
        Assert.Equal(7, run.ExitCode);
    }

    [Theory]
    [InlineData("pod")]
    [InlineData("run")]
    [InlineData("run -d")]
    [InlineData("exec")]
    [InlineData("exec -d")]
    public void Files_and_fifos_of_the_host_keep_their_owner(string command)
    {
        using var bed = command == "pod" ? Bed("securityContext: {runAsUser: 1000}") : null;
        using var bundle = command == "pod" ? null : new Bundle("sh", "-c", command.StartsWith("run", StringComparison.Ordinal) ? "echo out; echo err >&2" : "sleep 100");
        bundle?.Set("process.user", """{"uid": 1000, "gid": 1000}""");
        if (command.StartsWith("exec", StringComparison.Ordinal))
        {
            bundle!.RunDetached();
        }

        using var folder = new TemporaryFolder();
        var words = command.Split(' ', 2);
        var line = bed is not null ? $"{Pod(bed)} exec -i p -- sh -c 'echo out; echo err >&2'"
            : $"{PeapodCommand.Executable} --root {bundle!.Root} {command} " + (words[0] == "run" ? $"--bundle {bundle.Folder} {bundle.Id}" : $"{bundle.Id} sh -c 'echo out; echo err >&2'");
        var result = Shell($"cd {folder.Path}; echo in >in; mkfifo err; cat err >seen & {line} <in >out 2>err; wait; cat out seen; stat -c '%n %u' in out err");

        if (bundle is not null && words[0] == "run" && words.Length == 2)
        {
            bundle.WaitFor("stopped");
        }

        Assert.Equal("out\nerr\nin 0\nout 0\nerr 0\n", result.Output);
    }

    [Theory]
    [InlineData("run", false)]
    [InlineData("run", true)]
    [InlineData("exec", false)]
    [InlineData("exec", true)]
    public void Pipes_without_a_name_become_the_users_who_may_reopen_them(string command, bool userNamespace)
    {
        using var bundle = new Bundle("sh", "-c", command == "run" ? Reopen : "sleep 100");
        bundle.Set("process.user", """{"uid": 1000, "gid": 1000}""");
        if (userNamespace)
        {
            const string map = """[{"containerID": 0, "hostID": 1200000, "size": 65536}]""";
            bundle.Set("linux.uidMappings", map).Set("linux.gidMappings", map).Set("linux.namespaces[+]", """{"type": "user"}""");
            Shell($"chmod -R a+rX {bundle.Folder}");
        }

        if (command == "exec")
        {
            bundle.RunDetached();
        }

        var line = command == "run" ? $"run --bundle {bundle.Folder} {bundle.Id}" : $"exec {bundle.Id} sh -c '{Reopen}'";
        var result = Shell($"{{ {PeapodCommand.Executable} --root {bundle.Root} {line} 2>&3 | cat; }} 3>&1 | sort");

        Assert.Equal("1000\nerr\nout\n", result.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("securityContext: {runAsUser: 1000}")]
    public void In_a_pod_with_a_user_namespace_standard_streams_can_be_reopened(string user)
    {
        using var bed = Bed(user, pod: "hostUsers: false", script: "ln -s /dev/stdout /tmp/access.log; echo log >/tmp/access.log; echo err >/dev/stderr; exec sleep 100");

        PodBed.Until(() => bed.Done("logs", "p").Split('\n').Length == 3, "both lines are written");

        Assert.Equal(["err", "log"], bed.Done("logs", "p").TrimEnd('\n').Split('\n').Order());
        var id = user.Length == 0 ? "0" : "1000";
        Assert.Equal($"{id}\nerr\nout\n", Shell($"{{ {Pod(bed)} exec p -- sh -c '{Reopen}' 2>&3 | cat; }} 3>&1 | sort").Output);
        Assert.Equal($"out\n{id}\n", Shell($"{Pod(bed)} exec p -- sh -c '{Reopen}' 2>/dev/null").Output);
    }

    [Fact]
    public void Another_runtime_gets_nothing_of_the_callers_terminal_to_hand_on()
    {
        using var bed = new PodBed();

        // crun and its likes hand on what they have: this one says what that is.
        var runtime = bed.Write("runtime", $"#!/bin/sh\ncase \"$*\" in *' exec '*) {Look} ;; *) exec {Peer()} \"$@\" ;; esac\n");
        File.SetUnixFileMode(runtime, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var runtimes = bed.Write("runtimes.json", $$"""{ "look": { "path": "{{runtime}}" } }""");
        bed.Done("run", "--runtimes-config", runtimes, "-f", bed.Write("class.yaml", "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: look}, handler: look}\n---\n"
            + PodBed.Manifest("p", "  terminationGracePeriodSeconds: 0\n  runtimeClassName: look\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]")));
        using var terminal = Terminal.Open(33, 99);

        using var exec = terminal.Start("sh", "-c", $"{Pod(bed)} exec p -- true");

        terminal.WaitFor("end\r\n");
        Assert.True(exec.WaitForExit(10_000));
        Assert.Equal("/dev/null\r\npipe\r\npipe\r\nend\r\n", terminal.Text);
        bed.Done("rm", "-f", "p");
        bed.Done("delete", "runtimeclass", "look");
    }

    /// <summary>An OCI runtime that is none of the tests' peers, which may not be there: our own.</summary>
    private static string Peer() => PeapodCommand.Executable;

    private static PodBed Bed(string container, string pod = "hostUsers: true", string script = "exec sleep 100")
    {
        var bed = new PodBed();
        bed.Done("run", "-f", bed.Write("p.yaml", PodBed.Manifest("p", $$"""
              terminationGracePeriodSeconds: 0
              {{pod}}
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "{{script}}"], {{(container.Length > 0 ? container : "tty: false")}}}
            """)));
        return bed;
    }

    private static string Pod(PodBed bed) => string.Create(CultureInfo.InvariantCulture, $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot}");

    private static CommandResult Shell(string script) => PeapodCommand.Start("bash", "-c", script);

    private sealed class TemporaryFolder : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("peapod-streams-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
