using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>The moments in which an exec's process is in the container's PID namespace and does not run the container's program yet.</summary>
public sealed class ExecWindowTests
{
    private static int Execs => int.TryParse(Environment.GetEnvironmentVariable("PEAPOD_RACES"), out var races) ? races : 100;

    [Fact]
    public void A_container_that_may_trace_finds_nothing_in_an_exec_that_it_has_not_itself()
    {
        using var bundle = new Bundle("/attacker", "spy", "3600");
        Attacker.PutInto(bundle);
        foreach (var set in new[] { "bounding", "effective", "permitted" })
        {
            bundle.Set($"process.capabilities.{set}[+]", "\"CAP_SYS_PTRACE\"");
        }

        Assert.Equal("looked at many\n", Spied(bundle, "spy"));
    }

    /// <summary>The filters: none, what most look like, and one that ends whoever makes a process, which those that make the exec's have to do.</summary>
    [Theory]
    [InlineData("null", false, false)]
    [InlineData(RefusesMount, false, false)]
    [InlineData(RefusesMount, true, false)]
    [InlineData(RefusesMount, false, true)]
    [InlineData(KillsMakers, false, false)]
    [InlineData(KillsMakers, true, false)]
    public void Whoever_is_captured_before_its_exec_has_no_more_than_the_container(string filter, bool noNewPrivileges, bool withUser)
    {
        using var bundle = Capturer(filter, noNewPrivileges);
        if (withUser)
        {
            bundle.Set("process.user", """{"uid": 1000, "gid": 1000, "additionalGids": [1000, 1001]}""");
            foreach (var set in new[] { "inheritable", "ambient" })
            {
                bundle.Set($"process.capabilities.{set}", """["CAP_SYS_PTRACE", "CAP_KILL"]""");
            }
        }

        var output = StartWriting(bundle);
        for (var i = 0; i < Execs || HasCapturedNone(output, i); i++)
        {
            // A process that is held by a tracer just now may fail; that is the attacker's own container.
            var result = bundle.Exec(bundle.Id, "true");
            Assert.True(result.ExitCode is 0 or 255 or 137, result.Error);
        }

        AssertCaptured(bundle, output);
    }

    [Fact]
    public void Whoever_is_captured_in_a_shared_pid_namespace_has_no_more_than_the_containers()
    {
        using var bundle = Capturer(RefusesMount, noNewPrivileges: false);
        var output = StartWriting(bundle);
        using var other = Capturer(RefusesMount, noNewPrivileges: false);
        other.Set("process.args", """["true"]""").Namespaces($"pid=/proc/{bundle.State()["pid"]}/ns/pid", "network", "ipc", "uts", "mount");
        for (var i = 0; i < Execs || HasCapturedNone(output, i); i++)
        {
            var result = other.Run();
            Assert.True(result.ExitCode is 0 or 1 or 137, result.Error);
        }

        AssertCaptured(bundle, output);
    }

    [Fact]
    public void A_created_container_waits_with_nothing_that_is_not_its_own()
    {
        using var bundle = Capturer(RefusesMount, noNewPrivileges: false);
        Assert.Equal(0, PeapodCommand.Start("sh", "-c", $"exec {PeapodCommand.Executable} --root {bundle.Root} create --bundle {bundle.Folder} {bundle.Id} >{bundle.Folder}/found 2>&1").ExitCode);

        var descriptors = bundle.Exec(bundle.Id, "ls", "/proc/1/fd").Output;
        var pid = (int)bundle.State()["pid"]!;
        var targets = Directory.GetFiles($"/proc/{pid}/fd").Where(static path => int.Parse(Path.GetFileName(path)) > 2).Select(static path => new FileInfo(path).LinkTarget).Order();

        Assert.Equal(5, descriptors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal([$"{bundle.Root}/{bundle.Id}/exec.fifo", $"{bundle.Root}/{bundle.Id}/start.report"], targets);
    }

    [Fact]
    public void An_exec_that_is_stopped_in_the_container_before_it_executes_ends_with_an_error()
    {
        using var bundle = Capturer("null", noNewPrivileges: false).Set("process.args", """["/attacker", "stop"]""");
        StartWriting(bundle);

        var failed = Enumerable.Range(0, 100).Select(_ => bundle.Exec(bundle.Id, "true")).First(static result => result.ExitCode != 0);

        Assert.Equal("peapod: the new process was stopped before it could execute\n  by a signal or a tracer, perhaps in the container's PID namespace\n", failed.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_executable_of_an_exec_can_be_written_to(bool withAdmin)
    {
        using var bundle = new Bundle("true");
        Attacker.PutInto(bundle);
        if (withAdmin)
        {
            foreach (var set in new[] { "bounding", "effective", "permitted" })
            {
                bundle.Set($"process.capabilities.{set}[+]", "\"CAP_SYS_ADMIN\"").Set($"process.capabilities.{set}[+]", "\"CAP_SYS_PTRACE\"");
            }
        }

        var before = Hash(PeapodCommand.Executable);
        Assert.Equal("looked at many\n", Spied(bundle, "overwrite"));
        Assert.Equal(before, Hash(PeapodCommand.Executable));
    }

    [Fact]
    public void A_program_that_is_the_runtime_itself_is_nothing_of_the_hosts()
    {
        using var bundle = new Bundle("/self");
        File.WriteAllText(bundle.PathInRootfs("self"), "#!/proc/self/exe\n");
        File.SetUnixFileMode(bundle.PathInRootfs("self"), (UnixFileMode)0x1ed);
        File.CreateSymbolicLink(bundle.PathInRootfs("link"), "/proc/self/exe");
        var before = Hash(PeapodCommand.Executable);

        // It executes init's sealed memory, which finds no plan there and ends.
        Assert.NotEqual(0, bundle.Run().ExitCode);
        bundle.Set("process.args", """["/link"]""");
        Assert.NotEqual(0, bundle.Run().ExitCode);
        Assert.Equal(before, Hash(PeapodCommand.Executable));
    }

    private const string RefusesMount = """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount", "umount2"], "action": "SCMP_ACT_ERRNO"}]}""";

    private const string KillsMakers = """
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["clone", "clone3", "fork", "vfork", "capset", "setsid"], "action": "SCMP_ACT_KILL_PROCESS"}]}
        """;

    /// <summary>A container that seizes all that appears beside it, with the right to.</summary>
    private static Bundle Capturer(string filter, bool noNewPrivileges)
    {
        var bundle = new Bundle("/attacker", "capture");
        Attacker.PutInto(bundle);
        foreach (var set in new[] { "bounding", "effective", "permitted" })
        {
            bundle.Set($"process.capabilities.{set}[+]", "\"CAP_SYS_PTRACE\"");
        }

        return bundle.Set("linux.seccomp", filter).Set("process.noNewPrivileges", noNewPrivileges ? "true" : "false");
    }

    private static string StartWriting(Bundle bundle)
    {
        var output = Path.Combine(bundle.Folder, "found");
        var started = PeapodCommand.Start("sh", "-c", $"exec {PeapodCommand.Executable} --root {bundle.Root} run --detach --bundle {bundle.Folder} {bundle.Id} >{output} 2>&1");
        Assert.True(started.ExitCode == 0, File.ReadAllText(output));
        return output;
    }

    /// <summary>On a busy machine the capturer may come too late a hundred times.</summary>
    private static bool HasCapturedNone(string output, int attempts) => attempts < 20 * Execs && new FileInfo(output).Length == 0;

    private static void AssertCaptured(Bundle bundle, string output)
    {
        bundle.Peapod("kill", bundle.Id, "TERM");
        bundle.WaitFor("stopped");
        var lines = File.ReadAllLines(output);
        Assert.True(lines.Length == 2, string.Join('\n', lines.TakeLast(10)));
        Assert.Matches("^captured [1-9][0-9]* before their exec, 0 with more than the container has$", lines[1]);
    }

    private static string Spied(Bundle bundle, string mode)
    {
        var clock = Stopwatch.StartNew();
        bundle.Set("process.args", $"""["/attacker", "{mode}", "{(Execs > 100 ? Execs / 20 : 6)}"]""").Set("process.user", """{"uid": 0, "gid": 0}""");
        var output = Path.Combine(bundle.Folder, "found");
        var started = PeapodCommand.Start("sh", "-c", $"exec {PeapodCommand.Executable} --root {bundle.Root} run --detach --bundle {bundle.Folder} {bundle.Id} >{output} 2>&1");
        Assert.Equal(0, started.ExitCode);
        for (var i = 0; i < Execs; i++)
        {
            var result = bundle.Exec(bundle.Id, "true");
            if (bundle.Status != "running")
            {
                break;
            }

            // A process that is held by a tracer just now may fail; that is the attacker's own container.
            Assert.True(result.ExitCode is 0 or 255 or 137, result.Error);
        }

        for (var tries = 0; tries < 600 && bundle.Status != "stopped"; tries++)
        {
            Thread.Sleep(100);
        }

        return string.Concat(File.ReadAllLines(output).Take(10).Select(static line => line + "\n"));
    }

    private static string Hash(string path) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));
}
