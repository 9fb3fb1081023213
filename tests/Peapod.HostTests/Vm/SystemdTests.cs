using System.Text.Json.Nodes;
using Peapod.Container.Systemd;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Vm;

/// <summary>The systemd cgroup manager with the guest's own systemd.</summary>
[Trait("tier", "vm")]
[Trait("needs", "systemd")]
public class SystemdTests
{
    private const int Mebibyte = 1 << 20;

    public SystemdTests() => Guest.Needed();

    [SkippableFact]
    [Covers("--systemd-cgroup", "linux.cgroupsPath")]
    public void A_container_runs_in_a_scope_with_its_limits_as_properties()
    {
        using var bundle = Sleeper().Set("linux.resources", $$"""
            {
              "memory": {"limit": {{32 * Mebibyte}}, "reservation": {{8 * Mebibyte}}, "swap": {{64 * Mebibyte}}}, "pids": {"limit": 50},
              "cpu": {"shares": 2048, "quota": 12345, "period": 50000, "cpus": "1"}, "blockIO": {"weight": 505},
              "unified": {"memory.high": "{{16 * Mebibyte}}", "hugetlb.2MB.max": "0", "memory.oom.group": "1"}
            }
            """).Set("annotations", """{"org.systemd.property.TimeoutStopSec": "7", "org.systemd.property.Documentation": "['https://example.com']"}""");
        var pid = Run(bundle);
        var unit = Unit(bundle);

        Assert.Equal($"/system.slice/{unit}", Cgroup(pid));
        Assert.Equal(
            $"""
            Id={unit}
            Slice=system.slice
            Delegate=yes
            CPUWeight=174
            CPUQuotaPerSecUSec=250ms
            CPUQuotaPeriodUSec=50ms
            AllowedCPUs=1
            IOWeight=5000
            MemoryLow=8388608
            MemoryHigh=16777216
            MemoryMax=33554432
            MemorySwapMax=33554432
            TasksMax=50
            OOMPolicy=kill
            TimeoutStopUSec=7s
            Documentation=https://example.com
            Description=Peapod container {bundle.Id}
            ActiveState=active
            CollectMode=inactive-or-failed
            """.Split('\n').Order(StringComparer.Ordinal),
            Show(unit, "Id", "Slice", "Delegate", "CPUWeight", "CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec", "AllowedCPUs", "IOWeight", "MemoryLow", "MemoryHigh", "MemoryMax", "MemorySwapMax",
                "TasksMax", "OOMPolicy", "TimeoutStopUSec", "Documentation", "Description", "ActiveState", "CollectMode"));

        // What it has no property for, and what it rounds, is in the files.
        Assert.Equal("0", File(bundle, "hugetlb.2MB.max"));
        Assert.Equal("12345 50000", File(bundle, "cpu.max"));
        Assert.Equal("50", File(bundle, "pids.max"));
        Assert.Equal($"{pid}", File(bundle, "cgroup.procs"));
        AssertEnds(bundle);
    }

    [SkippableFact]
    [Covers("--systemd-cgroup")]
    public void Slices_within_slices_are_as_systemd_nests_them()
    {
        using var bundle = Sleeper();
        bundle.Set("linux.cgroupsPath", $"\"peapodtest-inner.slice:pre:{bundle.Id}\"");
        var pid = Run(bundle);

        Assert.Equal($"/peapodtest.slice/peapodtest-inner.slice/pre-{bundle.Id}.scope", Cgroup(pid));
        Assert.Equal($"/sys/fs/cgroup{Cgroup(pid)}", (string)Record(bundle)["cgroup"]!);
        AssertEnds(bundle, $"pre-{bundle.Id}.scope");
        Systemctl("stop", "peapodtest-inner.slice", "peapodtest.slice");
    }

    [SkippableFact]
    public void An_update_changes_the_properties_and_the_files()
    {
        using var bundle = Sleeper().Set("linux.resources.memory", $$"""{"limit": {{32 * Mebibyte}}}""");
        Run(bundle);

        Assert.Equal("", bundle.Peapod("update", "--memory", "64m", "--pids-limit", "20", "--cpu-quota", "12345", "--cpuset-cpus", "0", bundle.Id).Error);

        Assert.Equal(["AllowedCPUs=0", "CPUQuotaPerSecUSec=130ms", "MemoryMax=67108864", "TasksMax=20"], Show(Unit(bundle), "MemoryMax", "TasksMax", "CPUQuotaPerSecUSec", "AllowedCPUs"));
        Assert.Equal(($"{64 * Mebibyte}", "20", "12345 100000", "0"), (File(bundle, "memory.max"), File(bundle, "pids.max"), File(bundle, "cpu.max"), File(bundle, "cpuset.cpus")));

        // systemd writes the files anew by what it was told.
        Systemctl("daemon-reload");
        Assert.Equal(($"{64 * Mebibyte}", "20"), (File(bundle, "memory.max"), File(bundle, "pids.max")));
        AssertEnds(bundle);
    }

    [SkippableFact]
    public void A_refused_update_changes_neither()
    {
        using var bundle = Sleeper().Set("linux.resources.memory", $$"""{"limit": {{32 * Mebibyte}}}""");
        Run(bundle);
        var file = Path.Combine(bundle.Folder, "update.json");
        System.IO.File.WriteAllText(file, $$$"""{"memory": {"limit": {{{64 * Mebibyte}}}}, "unified": {"cgroup.max.depth": "deep"}}""");

        var result = bundle.Peapod("update", "--resources", file, bundle.Id);

        Assert.Equal((1, $"peapod: --resources: {file}: unified[\"cgroup.max.depth\"]: cannot write \"deep\" to cgroup.max.depth: Invalid argument\n"), (result.ExitCode, result.Error));
        Assert.Equal([$"MemoryMax={32 * Mebibyte}"], Show(Unit(bundle), "MemoryMax"));
        Assert.Equal($"{32 * Mebibyte}", File(bundle, "memory.max"));
        AssertEnds(bundle);
    }

    [SkippableFact]
    public void An_exec_lands_in_the_scope()
    {
        using var bundle = Sleeper();
        Run(bundle);

        Assert.Equal(0, bundle.Exec("--detach", bundle.Id, "sleep", "101").ExitCode);

        Assert.Equal(2, File(bundle, "cgroup.procs").Split('\n').Length);
        AssertEnds(bundle);
    }

    [SkippableFact]
    public void A_container_with_cgroups_of_its_own_is_entered_and_deleted()
    {
        using var bundle = new Bundle("sh", "-c", "cd /sys/fs/cgroup && mkdir -p inner/most && echo 1 >inner/cgroup.procs && echo +pids >cgroup.subtree_control && touch /dev/shm/ready && exec sleep 100")
            .Set("mounts[6].options", """["nosuid", "noexec", "nodev", "relatime", "rw"]""");
        var pid = Run(bundle);
        PodBed.Until(() => System.IO.File.Exists($"/proc/{pid}/root/dev/shm/ready"), "it has divided its cgroup", 60);

        Assert.Equal("0::/inner\n", bundle.Exec(bundle.Id, "cat", "/proc/self/cgroup").Output);
        AssertEnds(bundle);
    }

    [SkippableTheory]
    [InlineData(1, 64)]
    [InlineData(20, 1)]
    public void A_container_starts_within_the_narrowest_limits(int pids, int memory)
    {
        using var bundle = new Bundle("cat", "/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/memory.max")
            .Set("linux.resources.pids.limit", $"{pids}").Set("linux.resources.memory", $$"""{"limit": {{memory * Mebibyte}}, "swap": {{memory * Mebibyte}}}""");

        var result = bundle.Peapod("--systemd-cgroup", "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal((0, "", $"{pids}\n{memory * Mebibyte}\n"), (result.ExitCode, result.Error, result.Output));
        AssertNoUnit(Unit(bundle));
    }

    [SkippableFact]
    public void A_scope_goes_with_its_last_process_and_the_container_can_still_be_deleted()
    {
        using var bundle = new Bundle("true");
        var result = bundle.Peapod("--systemd-cgroup", "run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        bundle.WaitFor("stopped");

        AssertNoUnit(Unit(bundle));
        Assert.Equal((0, ""), (bundle.Peapod("delete", bundle.Id) is var deleted ? deleted.ExitCode : -1, deleted.Error));
    }

    [SkippableFact]
    public void A_paused_container_is_deleted_by_force()
    {
        using var bundle = Sleeper();
        Run(bundle);
        Assert.Equal("", bundle.Peapod("pause", bundle.Id).Error);

        AssertEnds(bundle);
    }

    [SkippableFact]
    public void Device_rules_hold_and_can_be_changed()
    {
        const string denied = "Operation not permitted", absent = "No such device or address";
        using var bundle = Sleeper().Set("linux.devices", """[{"path": "/dev/a", "type": "c", "major": 240, "minor": 5}]""")
            .Set("linux.resources.devices", """[{"allow": false, "access": "rwm"}]""");
        Run(bundle);
        Assert.Equal(["DevicePolicy=strict"], Show(Unit(bundle), "DevicePolicy"));
        Assert.Contains(denied, Opened(), StringComparison.Ordinal);

        var file = Path.Combine(bundle.Folder, "update.json");
        System.IO.File.WriteAllText(file, """{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 240, "minor": 5, "access": "r"}]}""");
        Assert.Equal("", bundle.Peapod("update", "--resources", file, bundle.Id).Error);

        Assert.Contains(absent, Opened(), StringComparison.Ordinal);
        Assert.Equal("", bundle.Exec(bundle.Id, "sh", "-c", "echo >/dev/null").Error);
        AssertEnds(bundle);

        string Opened() => bundle.Exec(bundle.Id, "cat", "/dev/a").Error;
    }

    [SkippableFact]
    public void A_create_that_fails_leaves_no_unit()
    {
        using var property = Sleeper().Set("annotations", """{"org.systemd.property.NoSuchThing": "true"}""");
        var refused = Create(property);
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("peapod: config.json: annotations[\"org.systemd.property.NoSuchThing\"]: systemd refuses NoSuchThing=b true: ", refused.Error, StringComparison.Ordinal);
        AssertNoUnit(Unit(property));

        using var limit = Sleeper().Set("linux.resources.unified", """{"cgroup.max.depth": "deep"}""");
        Assert.Contains("linux.resources.unified[\"cgroup.max.depth\"]: cannot write", Create(limit).Error, StringComparison.Ordinal);
        AssertNoUnit(Unit(limit));

        using var mount = Sleeper().Mount("/no/such", "/data", "bind", "bind");
        Assert.Contains("mounts[7]: cannot mount", Create(mount).Error, StringComparison.Ordinal);
        AssertNoUnit(Unit(mount));

        using var process = new Bundle("/no/such/executable");
        Assert.Equal(127, Create(process).ExitCode);
        AssertNoUnit(Unit(process));
    }

    [SkippableFact]
    public void Whenever_create_is_killed_no_unit_is_left()
    {
        for (var step = 0; step < 12; step++)
        {
            using var bundle = Sleeper();
            using var create = System.Diagnostics.Process.Start(PeapodCommand.Executable, ["--root", bundle.Root, "--systemd-cgroup", "create", "--bundle", bundle.Folder, bundle.Id]);
            Thread.Sleep(step * 15);
            create.Kill();
            create.WaitForExit();
            var result = bundle.Peapod("delete", "--force", bundle.Id);
            Assert.True(result.ExitCode == 0 || result.Error.EndsWith("does not exist\n", StringComparison.Ordinal), result.Error);
            AssertNoUnit(Unit(bundle));
        }
    }

    [SkippableFact]
    public void A_unit_of_somebody_else_is_left_alone()
    {
        using var bundle = Sleeper();
        var unit = Unit(bundle);
        using var other = System.Diagnostics.Process.Start("systemd-run", ["--quiet", "--scope", $"--unit={unit}", "sleep", "100"]);
        PodBed.Until(() => State(unit) == "active", "the other scope is there", 60);

        Assert.Equal($"peapod: config.json: linux.cgroupsPath: the unit \"{unit}\" is there already: it is active\n", Create(bundle).Error);

        Assert.Equal("active", State(unit));
        Systemctl("stop", unit);
        Assert.True(other.WaitForExit(60_000));
    }

    [SkippableFact]
    public void A_failed_unit_of_that_name_is_forgotten()
    {
        using var bundle = Sleeper();
        var unit = Unit(bundle);
        using var other = System.Diagnostics.Process.Start("systemd-run", ["--quiet", "--scope", $"--unit={unit}", "-p", "RuntimeMaxSec=1", "sleep", "100"]);
        PodBed.Until(() => State(unit) == "failed", "the other scope failed", 60);

        Run(bundle);

        Assert.Equal("active", State(unit));
        AssertEnds(bundle);
        Assert.True(other.WaitForExit(60_000));
    }

    [SkippableFact]
    public void The_systems_bus_serves_where_systemds_own_socket_does_not()
    {
        const string unit = "peapod-test-bus.scope";
        using var process = System.Diagnostics.Process.Start("sleep", "100");
        using var systemd = SystemdManager.Connect(privateSocket: "/no/such/socket");

        systemd.StartScope(unit, [UnitProperty.Flag("DefaultDependencies", false), UnitProperty.Text("", "CollectMode", "inactive-or-failed")], process.Id);
        Assert.Equal("active", systemd.ActiveState(unit));
        Assert.Equal($"/system.slice/{unit}", Cgroup(process.Id));
        systemd.SetProperties(unit, [UnitProperty.Number("", "TasksMax", 7)], static field => field);
        Assert.Equal(["TasksMax=7"], Show(unit, "TasksMax"));
        systemd.Stop(unit);

        Assert.True(process.WaitForExit(60_000));
        AssertNoUnit(unit);
        systemd.Stop(unit);
    }

    [SkippableFact]
    public void A_path_of_the_file_systems_form_is_refused()
    {
        using var bundle = Sleeper().Set("linux.cgroupsPath", "\"/a/b\"");

        Assert.Equal(
            $"peapod: config.json: linux.cgroupsPath: \"/a/b\" is not slice:prefix:name, as the systemd cgroup manager wants it (system.slice:peapod:{bundle.Id})\n",
            Create(bundle).Error);
    }

    private static Bundle Sleeper() => new("sleep", "100");

    private static string Unit(Bundle bundle) => $"peapod-{bundle.Id}.scope";

    private static CommandResult Create(Bundle bundle) => bundle.Peapod("--systemd-cgroup", "create", "--bundle", bundle.Folder, bundle.Id);

    private static int Run(Bundle bundle)
    {
        var result = bundle.Peapod("--systemd-cgroup", "run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return (int)bundle.State()["pid"]!;
    }

    private static JsonNode Record(Bundle bundle) => JsonNode.Parse(System.IO.File.ReadAllText($"{bundle.Root}/{bundle.Id}/state.json"))!;

    private static string Cgroup(int pid) => System.IO.File.ReadAllText($"/proc/{pid}/cgroup").TrimEnd('\n')["0::".Length..];

    private static string File(Bundle bundle, string name) => System.IO.File.ReadAllText($"{(string)Record(bundle)["cgroup"]!}/{name}").TrimEnd('\n');

    private static string State(string unit) => Systemctl("show", "--property=ActiveState", "--value", unit).TrimEnd('\n');

    private static IEnumerable<string> Show(string unit, params string[] properties) =>
        Systemctl("show", $"--property={string.Join(',', properties)}", unit).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

    private static string Systemctl(params string[] arguments)
    {
        var result = PeapodCommand.Start("systemctl", arguments);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output;
    }

    /// <summary>Deletes by force, and nothing of it is left.</summary>
    private static void AssertEnds(Bundle bundle, string? unit = null)
    {
        var result = bundle.Peapod("delete", "--force", bundle.Id);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal("", Systemctl("list-units", "--all", "--plain", "--no-legend", unit ?? Unit(bundle)));
    }

    /// <summary>systemd hears of the last process's end a moment later.</summary>
    private static void AssertNoUnit(string unit) =>
        PodBed.Until(() => Systemctl("list-units", "--all", "--plain", "--no-legend", unit).Length == 0 && !Directory.Exists($"/sys/fs/cgroup/system.slice/{unit}"), $"{unit} is gone", 60);
}
