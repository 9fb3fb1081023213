using Peapod.Image;
using Peapod.Oci;
using Peapod.Workload;

namespace Peapod.UnitTests.Workload;

public sealed class SpecCompilerTests
{
    private static readonly ImageConfig Image = new() { Env = ["PATH=/image", "A=image", "B=image"], Entrypoint = ["/entry"], Cmd = ["cmd"], WorkingDir = "/image" };

    private static readonly ContainerDescription Container = new()
    {
        Image = Image,
        User = new User { Uid = 1000, Gid = 1000 },
        Security = new ContainerSecurity { Capabilities = ["CAP_CHOWN"] },
        Namespaces = new ContainerNamespaces(7),
        Cgroup = "/peapod/p/c",
        Resources = new LinuxResources(),
    };

    [Theory]
    [InlineData("", "", "/entry cmd")]
    [InlineData("", "a b", "/entry a b")]
    [InlineData("/own", "", "/own")]
    [InlineData("/own", "a", "/own a")]
    public void A_command_replaces_the_entry_point_and_the_images_arguments(string command, string args, string executed) =>
        Assert.Equal(executed, string.Join(' ', SpecCompiler.Compile(Container with { Command = Words(command), Args = Words(args) }).Process!.Args));

    [Fact]
    public void Nothing_to_execute_is_an_error() =>
        Assert.Equal("process.args", Assert.Throws<SpecException>(static () => SpecCompiler.Compile(Container with { Image = new() })).Field);

    [Fact]
    public void A_process_gets_each_name_once_the_last_word_being_the_containers() =>
        Assert.Equal(
            ["PATH=/image", "HOSTNAME=p", "A=own", "B=image"],
            SpecCompiler.Compile(Container with { FirstVariables = ["HOSTNAME=p", "B=first"], Variables = new Dictionary<string, string> { ["A"] = "own" } }).Process!.Env
                .OrderBy(static variable => Array.IndexOf(["PATH", "HOSTNAME", "A", "B"], variable[..variable.IndexOf('=', StringComparison.Ordinal)])));

    [Fact]
    public void Only_root_holds_its_capabilities_at_once()
    {
        var user = SpecCompiler.Compile(Container).Process!.Capabilities!;
        var root = SpecCompiler.Compile(Container with { User = new User() }).Process!.Capabilities!;

        Assert.Equal(["CAP_CHOWN"], user.Bounding);
        Assert.Empty(user.Effective!);
        Assert.Equal(["CAP_CHOWN"], root.Effective);
    }

    [Theory]
    [InlineData(NamespaceMode.Container, "")]
    [InlineData(NamespaceMode.Pod, "/proc/7/ns/pid")]
    [InlineData(NamespaceMode.Target, "/proc/9/ns/pid")]
    [InlineData(NamespaceMode.Node, null)]
    public void Processes_are_seen_as_the_mode_says(NamespaceMode mode, string? path)
    {
        var namespaces = SpecCompiler.Compile(Container with { Namespaces = new ContainerNamespaces(7) { Pid = mode, TargetPid = 9 } }).Linux!.Namespaces;

        Assert.Equal(path, namespaces.FirstOrDefault(static ns => ns.Type == "pid") is { } pid ? pid.Path ?? "" : null);
    }

    [Fact]
    public void The_nodes_network_and_ipc_are_no_namespaces_of_the_container()
    {
        var spec = SpecCompiler.Compile(Container with { Namespaces = new ContainerNamespaces(7) { Network = NamespaceMode.Node, Ipc = NamespaceMode.Node } });

        Assert.Equal(["mount", "cgroup", "pid"], spec.Linux!.Namespaces.Select(static ns => ns.Type));
        Assert.Equal("/dev/shm", spec.Mounts.Single(static mount => mount.Destination == "/dev/shm").Source);
    }

    [Fact]
    public void Shared_memory_is_the_sandboxs() =>
        Assert.Equal("/proc/7/root/dev/shm", SpecCompiler.Compile(Container).Mounts.Single(static mount => mount.Destination == "/dev/shm").Source);

    [Fact]
    public void A_device_comes_with_its_node_its_rule_and_a_filter_against_loop_controls()
    {
        var linux = SpecCompiler.Compile(Container with { Devices = [new("/dev/data", 7, 3, ReadOnly: true, Uid: 1000)] }).Linux!;

        Assert.Equal(("/dev/data", 1000u), (linux.Devices[0].Path, linux.Devices[0].Uid));
        Assert.Equal(("b", 3L, "rm"), (linux.Resources!.Devices[0].Type, linux.Resources.Devices[0].Minor, linux.Resources.Devices[0].Access));
        Assert.NotNull(linux.Seccomp);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
