using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class LifecycleTests
{
    [Fact]
    [Covers("run", "run --bundle", "process.args")]
    public void Run_passes_on_output_and_exit_code()
    {
        using var bundle = new Bundle("sh", "-c", "echo hello; exit 7");

        var result = bundle.Run();

        Assert.Equal("hello\n", result.Output);
        Assert.Equal(7, result.ExitCode);
    }

    [Fact]
    public void Run_reports_death_by_signal_as_128_plus_its_number()
    {
        using var bundle = new Bundle("sh", "-c", "kill -9 $$; sleep 9")
            .Edit(static config => ((System.Text.Json.Nodes.JsonArray)config["linux"]!["namespaces"]!).RemoveAt(0));

        Assert.Equal(137, bundle.Run().ExitCode);
    }

    [Fact]
    [Covers("create", "create --bundle", "create --pid-file", "start", "state", "kill", "delete")]
    public void A_container_goes_from_created_to_running_to_stopped()
    {
        using var bundle = new Bundle("sleep", "100");

        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal("created", bundle.Status);
        var pid = (int)bundle.State()["pid"]!;
        Assert.Equal(File.ReadAllText(Path.Combine(bundle.Folder, "pid")), $"{pid}");
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        Assert.Equal("running", bundle.Status);
        Assert.Equal("sleep\0100\0", File.ReadAllText($"/proc/{pid}/cmdline"));
        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);
        bundle.WaitFor("stopped");
        Assert.Equal(0, (int)bundle.State()["pid"]!);
        Assert.Equal(0, bundle.Peapod("delete", bundle.Id).ExitCode);
        Assert.NotEqual(0, bundle.Peapod("state", bundle.Id).ExitCode);
    }

    [Fact]
    [Covers("exec", "run --detach")]
    public void Exec_joins_the_containers_namespaces_and_cgroup()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, bundle.Id).ExitCode);
        var pid = (int)bundle.State()["pid"]!;

        var result = bundle.Peapod("exec", bundle.Id, "sh", "-c", "for n in pid net ipc uts mnt cgroup; do readlink /proc/self/ns/$n; done; cat /proc/self/cgroup | tail -n 1; exit 3");

        var expected = string.Concat(new[] { "pid", "net", "ipc", "uts", "mnt", "cgroup" }.Select(name => new FileInfo($"/proc/{pid}/ns/{name}").LinkTarget + "\n"));
        Assert.Equal(expected + "0::/\n", result.Output);
        Assert.Equal(3, result.ExitCode);
    }

    [Fact]
    public void Exec_of_root_in_the_container_has_no_inheritable_capabilities()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, bundle.Id).ExitCode);

        var result = bundle.Peapod("exec", "--cap", "CAP_CHOWN", bundle.Id, "grep", "Cap", "/proc/self/status");

        Assert.Contains("CapInh:\t0000000000000000", result.Output, StringComparison.Ordinal);
        Assert.Contains("CapPrm:\t0000000020000421", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pause_freezes_and_resume_lets_run_on()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, bundle.Id).ExitCode);

        Assert.Equal(0, bundle.Peapod("pause", bundle.Id).ExitCode);
        Assert.Equal("paused", bundle.Status);
        Assert.NotEqual(0, bundle.Peapod("exec", bundle.Id, "true").ExitCode);
        Assert.Equal(0, bundle.Peapod("resume", bundle.Id).ExitCode);
        Assert.Equal("running", bundle.Status);
    }

    [Fact]
    [Covers("list")]
    public void List_shows_the_container_as_runc_does()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Create().ExitCode);

        Assert.Equal($"{bundle.Id}\n", bundle.Peapod("list", "--quiet").Output);
        Assert.StartsWith("ID ", bundle.Peapod("list").Output, StringComparison.Ordinal);
        Assert.Contains("created", bundle.Peapod("list").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_but_the_standard_streams_is_open_in_the_container()
    {
        using var bundle = new Bundle("sh", "-c", "ls /proc/self/fd");

        // ls itself opens the folder, as 3.
        Assert.Equal("0\n1\n2\n3\n", bundle.Run().Output);
    }

    [Fact]
    public void The_waiting_process_of_a_created_container_is_small()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Create().ExitCode);
        var pid = (int)bundle.State()["pid"]!;

        var kilobytes = File.ReadLines($"/proc/{pid}/smaps_rollup")
            .Where(static line => line.StartsWith("Private_", StringComparison.Ordinal))
            .Sum(static line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));

        Assert.InRange(kilobytes, 1, 300);
    }
}
