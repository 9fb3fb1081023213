using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>gc: commands are killed at any moment, and what they leave is found and taken away; what somebody may still want is not.</summary>
public class CollectionTests
{
    private static readonly Random Moments = new(20261121);

    [Fact]
    [Covers("gc")]
    public void After_kill_9_of_create_at_any_moment_gc_leaves_nothing_or_a_whole_container()
    {
        using var bundle = new Bundle("sleep", "100").Set("linux.cgroupsPath", $"\"/made-by-gc-test/above/{Guid.NewGuid():N}\"");
        var halves = 0;

        // On a busy machine nothing is made in the first 10 ms: then the kills come later, up to 100 ms.
        for (var round = 0; round < 25 || (halves == 0 && round < 250); round++)
        {
            KillAfter(bundle, TimeSpan.FromMilliseconds(round / 2.5), "create", "--bundle", bundle.Folder, bundle.Id);

            halves += Gc(bundle).Length > 0 ? 1 : 0;

            if (IsThere(bundle))
            {
                Assert.Equal("created", bundle.Status);
                Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
                Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);
            }

            AssertNothingLeft(bundle);
        }

        Assert.NotEqual(0, halves);
    }

    [Fact]
    [Covers("gc")]
    public void After_kill_9_of_run_at_any_moment_gc_leaves_nothing()
    {
        using var bundle = new Bundle("sleep", "0.01");
        for (var round = 0; round < 25; round++)
        {
            KillAfter(bundle, TimeSpan.FromMilliseconds(round / 1.5), "run", "--bundle", bundle.Folder, bundle.Id);
            Thread.Sleep(100);

            Gc(bundle);

            AssertNothingLeft(bundle);
        }
    }

    [Fact]
    [Covers("gc")]
    public void After_kill_9_of_exec_at_any_moment_gc_touches_nothing()
    {
        using var bundle = new Bundle("sleep", "100");
        var pid = bundle.RunDetached();
        var folder = Directory.GetFileSystemEntries($"{bundle.Root}/{bundle.Id}");
        for (var round = 0; round < 25; round++)
        {
            KillAfter(bundle, TimeSpan.FromMilliseconds(round / 4.0), "exec", bundle.Id, "sleep", "0.01");

            Assert.Equal("", Gc(bundle));

            Assert.Equal(("running", pid), (bundle.Status, (int)bundle.State()["pid"]!));
            Assert.Equal(folder, Directory.GetFileSystemEntries($"{bundle.Root}/{bundle.Id}"));
        }
    }

    [Fact]
    [Covers("gc")]
    public void After_kill_9_of_delete_at_any_moment_gc_leaves_nothing_or_a_container_that_delete_takes()
    {
        using var bundle = new Bundle("true");
        for (var round = 0; round < 25; round++)
        {
            bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, bundle.Id);
            bundle.WaitFor("stopped");
            KillAfter(bundle, TimeSpan.FromMilliseconds(round / 6.0), "delete", bundle.Id);

            Gc(bundle);

            if (IsThere(bundle))
            {
                Assert.Equal((0, ""), (bundle.Peapod("delete", bundle.Id) is var deleted ? deleted.ExitCode : 0, deleted.Error));
            }

            AssertNothingLeft(bundle);
        }
    }

    [Fact]
    [Covers("gc")]
    public void A_stopped_container_stays_until_it_is_asked_for_and_a_dry_run_removes_nothing()
    {
        using var bundle = new Bundle("true");
        bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        bundle.WaitFor("stopped");

        Assert.Equal("", Gc(bundle));
        Assert.Equal("", bundle.Peapod("gc", "--dry-run").Output);
        Assert.Equal($"would remove container \"{bundle.Id}\": it is stopped\n", bundle.Peapod("gc", "--dry-run", "--stopped").Output);
        Assert.Equal("stopped", bundle.Status);
        Assert.Equal($"removed container \"{bundle.Id}\": it is stopped\n", bundle.Peapod("gc", "--stopped").Output);
        AssertNothingLeft(bundle);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("run", "--detach")]
    public void What_is_created_or_runs_or_is_paused_is_left_alone_even_with_stopped(params string[] command)
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Peapod([.. command, "--bundle", bundle.Folder, bundle.Id]).ExitCode);
        var status = bundle.Status;

        Assert.Equal("", bundle.Peapod("gc", "--stopped").Output);
        Assert.Equal(status, bundle.Status);
        Assert.Equal(0, bundle.Peapod("pause", bundle.Id).ExitCode);
        Assert.Equal("", bundle.Peapod("gc", "--stopped").Output);
        Assert.Equal("paused", bundle.Status);
        bundle.Peapod("resume", bundle.Id);
    }

    [Fact]
    public void A_cgroup_without_a_state_is_removed_when_it_carries_our_mark_and_nobody_lives_in_it()
    {
        using var bundle = new Bundle("sleep", "100");
        var other = Directory.CreateDirectory($"/sys/fs/cgroup/{bundle.Id}-other").FullName;
        try
        {
            var pid = bundle.RunDetached();
            var cgroup = "/sys/fs/cgroup" + File.ReadAllText($"/proc/{pid}/cgroup").Split("0::")[1].TrimEnd('\n');
            Directory.Delete($"{bundle.Root}/{bundle.Id}", recursive: true);

            var busy = bundle.Peapod("gc");
            Assert.Equal(("", 0), (busy.Output, busy.ExitCode));
            Assert.Contains($"container \"{bundle.Id}\" has no state any more, but processes live in it: {pid}\n", busy.Error, StringComparison.Ordinal);
            Assert.Equal("", PeapodCommand.Run("--root", bundle.Root + "-other", "gc").Error);

            File.WriteAllText($"{cgroup}/cgroup.kill", "1");
            PodBed.Until(() => File.ReadAllText($"{cgroup}/cgroup.events").Contains("populated 0", StringComparison.Ordinal), "nobody lives in it");
            Assert.Equal("", PeapodCommand.Run("--root", bundle.Root + "-other", "gc").Output);
            Assert.Equal($"removed cgroup \"{cgroup}\": its container \"{bundle.Id}\" has no state any more\n", Gc(bundle));
            Assert.True(Directory.Exists(other));
        }
        finally
        {
            Directory.Delete(other);
        }
    }

    [Fact]
    public void Beginnings_and_filters_of_another_version_go_and_what_is_no_container_stays()
    {
        using var bundle = new Bundle("true").Set("linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW"}""");
        Assert.Equal("", bundle.RunOutput());
        var kept = Directory.GetFiles($"{bundle.Root}/@seccomp").Single();
        Directory.CreateDirectory($"{bundle.Root}/begun/notify");
        File.WriteAllText($"{bundle.Root}/begun/config.json", "{}");
        File.WriteAllText($"{bundle.Root}/@seccomp/0123456789abcdef", new string('x', 200));
        File.WriteAllText($"{bundle.Root}/@seccomp/.0123456789abcdef.4194305.1", "half");
        File.WriteAllText($"{bundle.Root}/note", "somebody's");

        var lines = Gc(bundle).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order().ToArray();

        Assert.Equal(
            [
                $"removed filter \"{bundle.Root}/@seccomp/.0123456789abcdef.4194305.1\": its writer was killed",
                $"removed filter \"{bundle.Root}/@seccomp/0123456789abcdef\": another version of peapod compiled it",
                $"removed folder \"{bundle.Root}/begun\": its creator, or who deleted it, was killed on the way",
            ],
            lines.Order(StringComparer.Ordinal));
        Assert.Equal([kept], Directory.GetFiles($"{bundle.Root}/@seccomp"));
        File.Delete($"{bundle.Root}/note");
    }

    [Fact]
    public async Task Containers_that_are_being_made_meanwhile_are_left_alone()
    {
        using var bundle = new Bundle("true");
        using var stop = new CancellationTokenSource();
        var collector = Task.Run(() =>
        {
            var lines = "";
            while (!stop.IsCancellationRequested)
            {
                var result = bundle.Peapod("gc");
                lines += result.Output + result.Error;
            }

            return lines;
        });

        for (var round = 0; round < 50; round++)
        {
            var result = bundle.Run();
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
        }

        await stop.CancelAsync();
        Assert.Equal("", await collector);
    }

    private static void KillAfter(Bundle bundle, TimeSpan moment, params string[] arguments)
    {
        // Not through a shell: the kill must hit the command itself, and what it starts must not wait for our pipes.
        using var process = Process.Start(new ProcessStartInfo(PeapodCommand.Executable, ["--root", bundle.Root, .. arguments]) { RedirectStandardInput = true })!;
        var clock = Stopwatch.StartNew();
        moment += TimeSpan.FromMicroseconds(Moments.Next(400));
        while (clock.Elapsed < moment)
        {
        }

        process.Kill();
        process.WaitForExit();
    }

    private static string Gc(Bundle bundle)
    {
        // What a killed creator's init still has to do is to notice and to end.
        Thread.Sleep(20);
        var result = bundle.Peapod("gc");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output;
    }

    private static bool IsThere(Bundle bundle) => bundle.Peapod("list", "--quiet").Output.Length > 0;

    private static void AssertNothingLeft(Bundle bundle)
    {
        bundle.AssertUnchanged();
        Assert.Empty(Directory.Exists(bundle.Root) ? Directory.GetFileSystemEntries(bundle.Root).Where(static path => Path.GetFileName(path) != "@seccomp") : []);
    }
}
