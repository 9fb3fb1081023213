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
