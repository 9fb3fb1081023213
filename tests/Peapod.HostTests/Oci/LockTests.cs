using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Commands behind another one that does not come to its end with the same container.</summary>
public class LockTests
{
    [Fact]
    public void Delete_by_force_kills_first_and_then_waits_with_a_bound_and_says_for_whom()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.Set("hooks", """{"poststart": [{"path": "/bin/sh", "args": ["sh", "-c", "exec sleep 1000"]}]}""");
        Assert.Equal(0, bundle.Create().ExitCode);
        var pid = (int)bundle.State()["pid"]!;
        using var start = Process.Start(PeapodCommand.Executable, ["--root", bundle.Root, "start", bundle.Id]);
        PodBed.Until(() => bundle.Status == "running", "it runs");
        using var hook = Hook(start.Id);

        var clock = Stopwatch.StartNew();
        using var delete = Process.Start(new ProcessStartInfo(PeapodCommand.Executable, ["--root", bundle.Root, "delete", "--force", bundle.Id]) { RedirectStandardError = true })!;
        PodBed.Until(() => !PodBed.IsAlive(pid), "its process is killed at once", 5);

        // Those that only look, or signal, wait for nobody.
        Assert.Equal("stopped", bundle.Status);
        Assert.Contains(bundle.Id, bundle.Peapod("list").Output, StringComparison.Ordinal);
        Assert.Contains("no process to signal", bundle.Peapod("kill", bundle.Id, "KILL").Error, StringComparison.Ordinal);
        Assert.Equal(0, bundle.Peapod("gc").ExitCode);

        Assert.True(delete.WaitForExit(25_000));
        Assert.Equal(1, delete.ExitCode);
        Assert.Equal($"peapod: container \"{bundle.Id}\": process {start.Id} ({PeapodCommand.Executable} --root {bundle.Root} start {bundle.Id}) is at work on it, and has not come to an end in 10 seconds\n", delete.StandardError.ReadToEnd());
        Assert.True(clock.Elapsed.TotalSeconds < 25);

        hook.Kill();
        Assert.True(start.WaitForExit(10_000));
        Assert.Equal("", bundle.Peapod("delete", "--force", bundle.Id).Error);
    }

    [Fact]
    public void A_container_that_is_being_made_is_killed_though_its_maker_hangs()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.Set("hooks", """{"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "exec sleep 1000"]}]}""");
        using var create = Process.Start(new ProcessStartInfo(PeapodCommand.Executable, ["--root", bundle.Root, "create", "--bundle", bundle.Folder, bundle.Id]) { RedirectStandardError = true })!;
        using var hook = Hook(create.Id);

        using var delete = Process.Start(new ProcessStartInfo(PeapodCommand.Executable, ["--root", bundle.Root, "delete", "--force", bundle.Id]) { RedirectStandardError = true })!;
        Thread.Sleep(500);
        hook.Kill();

        Assert.True(create.WaitForExit(10_000));
        Assert.NotEqual(0, create.ExitCode);
        Assert.True(delete.WaitForExit(10_000));
        Assert.Equal((0, ""), (delete.ExitCode, delete.StandardError.ReadToEnd()));
        Assert.Empty(Directory.GetFileSystemEntries(bundle.Root));
    }

    /// <summary>The hook that a command waits for.</summary>
    private static Process Hook(int command)
    {
        string? pid = null;
        PodBed.Until(() => (pid = File.ReadAllText($"/proc/{command}/task/{command}/children").Split(' ').FirstOrDefault(IsHook)) is not null, "the hook runs");
        return Process.GetProcessById(int.Parse(pid!));

        static bool IsHook(string child) => child.Length > 0 && File.Exists($"/proc/{child}/cmdline") && File.ReadAllText($"/proc/{child}/cmdline").StartsWith("sleep\0", StringComparison.Ordinal);
    }
}
