using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>A container as a systemd service: LISTEN_FDS in, readiness out (sd_listen_fds(3), sd_notify(3)).</summary>
public class ActivationTests
{
    [Fact]
    [Covers("run --preserve-fds", "create --preserve-fds")]
    public void Listening_sockets_are_passed_on_before_the_preserved_descriptors()
    {
        using var bundle = new Bundle("sh", "-c", "echo $LISTEN_FDS $LISTEN_PID; ls /proc/self/fd | tr '\\n' ' '; cat <&3; cat <&4; cat <&5");

        var result = Activated(bundle, "$$", 2, "run", "--preserve-fds", "1", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal((0, "", "2 1\n0 1 2 3 4 5 6 three\nfour\nfive\n"), (result.ExitCode, result.Error, result.Output));
    }

    [Fact]
    public void Sockets_that_are_another_processs_are_not_passed_on()
    {
        using var bundle = new Bundle("sh", "-c", "echo \"[$LISTEN_FDS]\"; ls /proc/self/fd | tr '\\n' ' '");

        Assert.Equal("[]\n0 1 2 3 ", Activated(bundle, "1", 2, "run", "--bundle", bundle.Folder, bundle.Id).Output);
    }

    [Fact]
    public void A_socket_that_was_announced_and_not_passed_is_named()
    {
        using var bundle = new Bundle("true");

        Assert.Equal("peapod: LISTEN_FDS=9: descriptor 6 was not passed to this command\n", Activated(bundle, "$$", 9, "run", "--bundle", bundle.Folder, bundle.Id).Error);
        Assert.Equal("peapod: --preserve-fds 4: descriptor 6 was not passed to this command\n", Activated(bundle, "$$", 2, "run", "--preserve-fds", "4", "--bundle", bundle.Folder, bundle.Id).Error);
    }

    [Fact]
    public void A_later_exec_knows_nothing_of_the_containers_sockets()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, Activated(bundle, "$$", 1, "run", "--detach", "--bundle", bundle.Folder, bundle.Id).ExitCode);

        Assert.Equal("", bundle.Exec(bundle.Id, "sh", "-c", "env | grep LISTEN").Output);
    }

    [Fact]
    [Covers("run")]
    public void Run_in_the_foreground_passes_on_readiness_and_stays_the_main_process()
    {
        using var bundle = new Bundle("sh", "-c", "echo $NOTIFY_SOCKET $(stat -c %a $NOTIFY_SOCKET); touch /run/notify/x 2>/dev/null && echo writable; sleep 100");
        using var host = new Host(bundle.Folder);
        using var run = host.Start(bundle, "run", "--bundle", bundle.Folder, bundle.Id);
        Assert.Equal("/run/notify/notify.sock 777", run.StandardOutput.ReadLine());
        WaitUntilRunning(bundle);

        Say(bundle, "STATUS=not yet");
        Say(bundle, "READY=0\nNOTREADY=1");
        Say(bundle, "FDSTORE=1\nREADY=1\nMAINPID=1\nSTATUS=there");
        Assert.Equal($"READY=1\nMAINPID={run.Id}\n", host.Hear());
        Say(bundle, "READY=1");
        Say(bundle, "STOPPING=1");

        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);
        Assert.True(run.WaitForExit(10_000));
        Assert.Equal((137, "", null), (run.ExitCode, run.StandardOutput.ReadToEnd(), host.TryHear()));
    }

    [Fact]
    [Covers("run --detach")]
    public void A_detached_run_returns_when_the_container_is_ready_and_names_it_as_the_main_process()
    {
        using var bundle = new Bundle("sleep", "100");
        using var host = new Host(bundle.Folder);
        using var run = host.Start(bundle, "run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        WaitUntilRunning(bundle);
        Assert.False(run.WaitForExit(300));

        Say(bundle, "READY=1");

        Assert.Equal($"READY=1\nMAINPID={(int)bundle.State()["pid"]!}\n", host.Hear());
        Assert.Equal("BARRIER=1", host.Hear());
        Assert.True(run.WaitForExit(10_000));
        Assert.Equal((0, ""), (run.ExitCode, ErrorOf(run, bundle)));
    }

    [Fact]
    [Covers("start")]
    public void Start_waits_for_the_readiness_of_what_was_created_for_it()
    {
        using var bundle = new Bundle("sleep", "100").Set("process.user", """{"uid": 1000, "gid": 1000}""");
        using var host = new Host(bundle.Folder);
        using (var create = host.Start(bundle, "create", "--bundle", bundle.Folder, bundle.Id))
        {
            Assert.True(create.WaitForExit(10_000));
            Assert.Equal(0, create.ExitCode);
        }

        using var start = host.Start(bundle, "start", bundle.Id);
        WaitUntilRunning(bundle);
        Assert.False(start.WaitForExit(300));
        Say(bundle, "READY=1");

        Assert.Equal($"READY=1\nMAINPID={(int)bundle.State()["pid"]!}\n", host.Hear());
        Assert.Equal("BARRIER=1", host.Hear());
        Assert.True(start.WaitForExit(10_000));
        Assert.Equal(0, start.ExitCode);
    }

    [Theory]
    [InlineData("run --detach")]
    [InlineData("run")]
    public void A_container_that_ends_before_it_is_ready_is_not_waited_for(string command)
    {
        using var bundle = new Bundle("true");
        using var host = new Host(bundle.Folder);
        using var run = host.Start(bundle, [.. command.Split(' '), "--bundle", bundle.Folder, bundle.Id]);

        Assert.True(run.WaitForExit(10_000));
        Assert.Equal((0, null), (run.ExitCode, host.TryHear()));
    }

    [Fact]
    public void Start_without_a_socket_made_for_it_does_not_wait()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Create().ExitCode);
        using var host = new Host(bundle.Folder);

        using var start = host.Start(bundle, "start", bundle.Id);

        Assert.True(start.WaitForExit(10_000));
        Assert.Equal(0, start.ExitCode);
    }

    [Fact]
    public void A_host_that_cannot_be_told_is_a_warning()
    {
        using var bundle = new Bundle("sleep", "100");
        using var run = Host.Start(bundle, "/no/such/socket", "run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        WaitUntilRunning(bundle);

        Say(bundle, "READY=1");

        Assert.True(run.WaitForExit(10_000));
        Assert.Equal((0, "peapod: warning: NOTIFY_SOCKET: cannot tell \"/no/such/socket\" that the container is ready: connect \"/no/such/socket\": No such file or directory\n"), (run.ExitCode, ErrorOf(run, bundle)));
    }

    [Fact]
    public void A_notify_socket_that_is_no_address_is_refused()
    {
        using var bundle = new Bundle("true");
        using var run = Host.Start(bundle, "relative", "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.True(run.WaitForExit(10_000));
        Assert.Equal((1, "peapod: NOTIFY_SOCKET: \"relative\" is neither an absolute path nor @ with an abstract name\n"), (run.ExitCode, run.StandardError.ReadToEnd()));
    }

    [Fact]
    public void The_hosts_socket_may_have_an_abstract_name()
    {
        using var bundle = new Bundle("sleep", "100");
        using var host = new Host($"@{bundle.Id}");
        using var run = host.Start(bundle, "run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        WaitUntilRunning(bundle);

        Say(bundle, "READY=1");

        Assert.StartsWith("READY=1\nMAINPID=", host.Hear(), StringComparison.Ordinal);
        Assert.Equal("BARRIER=1", host.Hear());
        Assert.True(run.WaitForExit(10_000));
    }

    /// <summary>With three files as descriptors 3 to 5, and LISTEN_PID as the shell says it.</summary>
    private static CommandResult Activated(Bundle bundle, string listenPid, int count, params string[] arguments)
    {
        foreach (var word in new[] { "three", "four", "five" })
        {
            File.WriteAllText(Path.Combine(bundle.Folder, word), word + "\n");
        }

        var script = $"cd {bundle.Folder}; export LISTEN_FDS={count} LISTEN_PID={listenPid}; exec \"$@\" 3<three 4<four 5<five";
        return PeapodCommand.Start("sh", ["-c", script, "sh", PeapodCommand.Executable, "--root", bundle.Root, .. arguments]);
    }

    /// <summary>What a detached run said: the container has its streams, too, as long as it runs.</summary>
    private static string ErrorOf(Process run, Bundle bundle)
    {
        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);
        return run.StandardError.ReadToEnd();
    }

    private static void WaitUntilRunning(Bundle bundle) =>
        PodBed.Until(() => bundle.Peapod("state", bundle.Id) is { ExitCode: 0, Output: var state } && (string)JsonNode.Parse(state)!["status"]! == "running", "it runs");

    /// <summary>What the container's process would say, to the socket where it sees it.</summary>
    private static void Say(Bundle bundle, string message)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint($"/proc/{(int)bundle.State()["pid"]!}/root/run/notify/notify.sock"));
        Assert.Equal(message.Length, socket.Send(Encoding.ASCII.GetBytes(message)));
    }

    /// <summary>In systemd's place.</summary>
    private sealed class Host : IDisposable
    {
        private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        private readonly string address;

        internal Host(string place)
        {
            address = place[0] == '@' ? place : Path.Combine(place, "host.sock");
            socket.Bind(new UnixDomainSocketEndPoint(place[0] == '@' ? "\0" + place[1..] : address));
        }

        internal Process Start(Bundle bundle, params string[] arguments) => Start(bundle, address, arguments);

        internal static Process Start(Bundle bundle, string notifySocket, params string[] arguments) =>
            Process.Start(new ProcessStartInfo(PeapodCommand.Executable, ["--root", bundle.Root, .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, Environment = { ["NOTIFY_SOCKET"] = notifySocket },
            })!;

        internal string Hear()
        {
            var buffer = new byte[4096];
            return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        }

        internal string? TryHear() => socket.Poll(100_000, SelectMode.SelectRead) ? Hear() : null;

        public void Dispose() => socket.Dispose();
    }
}
