using Peapod.HostTests.Harness;
using Peapod.Kernel.Processes;

namespace Peapod.HostTests.Oci;

/// <summary>--pidfd-socket: the process by descriptor, with runc's word for it.</summary>
public class PidfdTests
{
    [Theory]
    [InlineData("create")]
    [InlineData("run --detach")]
    [Covers("create --pidfd-socket", "run --pidfd-socket")]
    public void The_pidfd_of_the_containers_process_is_sent(string command)
    {
        using var bundle = new Bundle("sleep", "100");

        var (text, descriptor) = DescriptorSocket.Receive(bundle.Folder, socket => Succeeds(bundle.Peapod([.. command.Split(' '), "--pidfd-socket", socket, "--bundle", bundle.Folder, bundle.Id])));
        using var owned = descriptor;
        using var process = new PidFd(descriptor.Number);

        Assert.Equal("standard", text);
        Assert.Equal((int)bundle.State()["pid"]!, PidOf(descriptor.Number));
        Assert.True(process.Signal(Signals.SIGKILL));
        bundle.WaitFor("stopped");
        Assert.True(process.WaitForExit(10_000));
    }

    [Fact]
    [Covers("create --pidfd-socket")]
    public void In_a_user_namespace_too_it_is_the_process_that_becomes_the_containers()
    {
        using var bundle = new Bundle("sleep", "100").Namespaces("pid", "mount", "uts", "ipc", "network", "user");
        bundle.Set("linux.uidMappings", """[{"containerID": 0, "hostID": 0, "size": 65536}]""").Set("linux.gidMappings", """[{"containerID": 0, "hostID": 0, "size": 65536}]""");

        var (_, descriptor) = DescriptorSocket.Receive(bundle.Folder, socket => Succeeds(bundle.Peapod("create", "--pidfd-socket", socket, "--bundle", bundle.Folder, bundle.Id)));
        using var owned = descriptor;

        Assert.Equal((int)bundle.State()["pid"]!, PidOf(descriptor.Number));
    }

    [Fact]
    [Covers("exec --pidfd-socket")]
    public void The_pidfd_of_an_exec_is_its_process()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var pidFile = Path.Combine(bundle.Folder, "exec.pid");

        var (text, descriptor) = DescriptorSocket.Receive(bundle.Folder, socket => Succeeds(bundle.Exec("--pidfd-socket", socket, "--detach", "--pid-file", pidFile, bundle.Id, "sleep", "100")));
        using var owned = descriptor;

        Assert.Equal(("setns", int.Parse(File.ReadAllText(pidFile))), (text, PidOf(descriptor.Number)));
    }

    [Fact]
    public void A_pidfd_socket_that_is_not_there_is_named()
    {
        using var bundle = new Bundle("sleep", "100");

        Assert.Equal((1, "peapod: --pidfd-socket: cannot connect to \"/no/such\": No such file or directory\n"), (bundle.Peapod("run", "--pidfd-socket", "/no/such", "--bundle", bundle.Folder, bundle.Id) is var run ? run.ExitCode : -1, run.Error));
        bundle.RunDetached();
        Assert.Equal((255, run.Error), (bundle.Exec("--pidfd-socket", "/no/such", bundle.Id, "true") is var exec ? exec.ExitCode : -1, exec.Error));
    }

    private static void Succeeds(CommandResult result) => Assert.Equal((0, ""), (result.ExitCode, result.Error));

    private static int PidOf(int descriptor) =>
        int.Parse(File.ReadAllLines($"/proc/self/fdinfo/{descriptor}").Single(static line => line.StartsWith("Pid:", StringComparison.Ordinal))["Pid:".Length..]);
}
