using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Peapod.HostTests.Harness;
using Peapod.Kernel;
using Peapod.Kernel.Sockets;

namespace Peapod.HostTests.Oci;

/// <summary>SCMP_ACT_NOTIFY, with an agent that refuses what it is asked.</summary>
public class SeccompAgentTests
{
    private const int EOPNOTSUPP = 95;

    [Covers("linux.seccomp.listenerPath", "linux.seccomp.listenerMetadata")]
    [Fact]
    public async Task The_agent_gets_the_listener_and_decides()
    {
        using var bundle = NotifyBundle("mkdir", "/tmp/a");
        using var socket = Listen(bundle);
        var agent = Task.Run(() => Answer(socket));

        var result = bundle.Run();

        var state = await agent.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((1, "mkdir: can't create directory '/tmp/a': Operation not supported\n"), (result.ExitCode, result.Error));
        Assert.Equal(["seccompFd"], state["fds"]!.AsArray().Select(static name => (string)name!));
        Assert.Equal("some text", (string)state["metadata"]!);
        Assert.Equal((bundle.Id, "creating", bundle.Folder), ((string)state["state"]!["id"]!, (string)state["state"]!["status"]!, (string)state["state"]!["bundle"]!));
        Assert.Equal((int)state["state"]!["pid"]!, (int)state["pid"]!);
    }

    [Fact]
    public async Task The_agent_of_an_exec_is_told_of_the_running_container()
    {
        using var bundle = NotifyBundle("sleep", "100");
        using var socket = Listen(bundle);
        var first = Task.Run(() => Receive(socket));
        var pid = bundle.RunDetached();
        (await first.WaitAsync(TimeSpan.FromSeconds(20))).Listener.Dispose();
        var second = Task.Run(() => Answer(socket));

        var result = bundle.Exec(bundle.Id, "mkdir", "/tmp/a");

        var state = await second.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("mkdir: can't create directory '/tmp/a': Operation not supported\n", result.Error);
        Assert.Equal(("running", pid), ((string)state["state"]!["status"]!, (int)state["state"]!["pid"]!));
        Assert.NotEqual(pid, (int)state["pid"]!);
    }

    [Fact]
    public void An_agent_that_does_not_listen_is_told()
    {
        using var bundle = NotifyBundle("true");

        var result = bundle.Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            $"peapod: config.json: linux.seccomp.listenerPath: failed to connect with seccomp agent \"{PathOf(bundle)}\": connect: No such file or directory\n  the agent that is to decide about the system calls must listen there\n",
            result.Error);
    }

    [Fact]
    public void A_listener_that_no_rule_asks_for_is_not_made()
    {
        using var bundle = NotifyBundle("echo", "well").Set("linux.seccomp.syscalls", "[]");

        Assert.Equal("well\n", bundle.RunOutput());
    }

    private static string PathOf(Bundle bundle) => Path.Combine(bundle.Folder, "agent");

    private static Bundle NotifyBundle(params string[] args)
    {
        var bundle = new Bundle(args);
        return bundle.Set("linux.seccomp", $$"""
            {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "{{PathOf(bundle)}}", "listenerMetadata": "some text",
             "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}
            """);
    }

    private static Socket Listen(Bundle bundle)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(PathOf(bundle)));
        socket.Listen();
        return socket;
    }

    private static (JsonNode State, SafeFd Listener) Receive(Socket socket)
    {
        using var accepted = socket.Accept();
        accepted.Blocking = true;
        using var connection = new SafeFd(Syscall.dup((int)accepted.Handle));
        var buffer = new byte[65536];
        var descriptors = new List<SafeFd>();
        Assert.True(UnixSocket.WaitForInput(connection, 10_000));
        var count = UnixSocket.Receive(connection, buffer, descriptors);
        return (JsonNode.Parse(Encoding.UTF8.GetString(buffer, 0, count))!, Assert.Single(descriptors));
    }

    /// <summary>Refuses the first system call that it is asked about, and returns what it was told before.</summary>
    private static JsonNode Answer(Socket socket)
    {
        var (state, descriptor) = Receive(socket);
        using var listener = descriptor;
        Assert.True(UnixSocket.WaitForInput(listener, 10_000));

        // struct seccomp_notif: the id comes first. struct seccomp_notif_resp: id, value, error, flags.
        var asked = new byte[80];
        Assert.Equal(0, ioctl(listener.Number, 0xc0502100 /* SECCOMP_IOCTL_NOTIF_RECV */, asked));
        var answer = new byte[24];
        asked.AsSpan(0, 8).CopyTo(answer);
        MemoryMarshal.Write(answer.AsSpan(16), -EOPNOTSUPP);
        Assert.Equal(0, ioctl(listener.Number, 0xc0182101 /* SECCOMP_IOCTL_NOTIF_SEND */, answer));
        return state;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int fd, nuint request, byte[] argument);
}
