using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>Descriptors that a careless caller leaves open, and working directories and programs named through them.</summary>
public sealed class DescriptorTests
{
    /// <summary>Descriptors 3 to 20 of the caller's are the host's root.</summary>
    private static readonly string Leak = string.Concat(Enumerable.Range(3, 7).Select(static fd => $"exec {fd}</; "));

    [Fact]
    public void No_descriptor_of_the_hosts_is_a_working_directory()
    {
        using var bundle = new Bundle("pwd");
        for (var fd = 3; fd < 20; fd++)
        {
            bundle.Set("process.cwd", $"\"/proc/self/fd/{fd}\"");
            var result = Leaking($"--root {bundle.Root} run --bundle {bundle.Folder} {bundle.Id}");
            Assert.True(result.ExitCode == 1 && result.Output.Length == 0, $"{fd}: {result.Output}{result.Error}");
            Assert.Contains("process.cwd", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_symlink_of_the_image_makes_a_descriptor_of_the_hosts_a_working_directory()
    {
        using var bundle = new Bundle("pwd");
        for (var fd = 3; fd < 12; fd++)
        {
            File.CreateSymbolicLink(bundle.PathInRootfs($"cwd{fd}"), $"/proc/self/fd/{fd}");
            bundle.Set("process.cwd", $"\"/cwd{fd}\"");
            var result = Leaking($"--root {bundle.Root} run --bundle {bundle.Folder} {bundle.Id}");
            Assert.True(result.ExitCode == 1 && result.Output.Length == 0, $"{fd}: {result.Output}{result.Error}");
        }
    }

    [Fact]
    public void An_exec_gets_neither_a_working_directory_nor_a_program_through_a_descriptor_of_the_hosts()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        for (var fd = 3; fd < 16; fd++)
        {
            var moved = Leaking($"--root {bundle.Root} exec --cwd /proc/self/fd/{fd} {bundle.Id} ls");
            Assert.True(moved.ExitCode == 255 && moved.Output.Length == 0, $"{fd}: {moved.Output}{moved.Error}");
            var executed = Leaking($"--root {bundle.Root} exec {bundle.Id} /proc/self/fd/{fd}/bin/true");
            Assert.True(executed.ExitCode is 126 or 127 or 255 || InContainer(bundle, fd), $"{fd}: {executed.ExitCode} {executed.Output}{executed.Error}");
        }
    }

    [Fact]
    public void What_the_caller_leaves_open_is_not_open_in_the_container_nor_in_a_hook()
    {
        using var bundle = new Bundle("sh", "-c", "ls /proc/self/fd | tr '\\n' ' '");
        var seen = Path.Combine(bundle.Folder, "seen");
        bundle.Set("hooks", $$"""{"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "ls -l /proc/self/fd >{{seen}}"]}]}""");

        var result = Leaking($"--root {bundle.Root} run --bundle {bundle.Folder} {bundle.Id}");

        Assert.Equal("0 1 2 3 ", result.Output); // 3 is what ls reads
        Assert.DoesNotContain(" -> /\n", File.ReadAllText(seen), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_the_descriptors_only_those_asked_for_are_passed_on()
    {
        using var bundle = new Bundle("sh", "-c", "for fd in 3 4 5; do readlink /proc/self/fd/$fd || echo none; done");
        var result = Leaking($"--root {bundle.Root} run --preserve-fds 2 --bundle {bundle.Folder} {bundle.Id}");
        Assert.Equal("/\n/\nnone\n", result.Output);
    }

    private static CommandResult Leaking(string arguments) => PeapodCommand.Start("sh", "-c", $"{Leak}exec {PeapodCommand.Executable} {arguments}");

    /// <summary>Init's own descriptor of the container's root leads to the container's programs, which is no way out.</summary>
    private static bool InContainer(Bundle bundle, int fd) =>
        Leaking($"--root {bundle.Root} exec {bundle.Id} /proc/self/fd/{fd}/bin/sh -c \"readlink /proc/self/exe\"").Output == "/bin/busybox\n";
}
