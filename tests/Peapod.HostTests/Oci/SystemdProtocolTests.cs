using Peapod.Container;
using Peapod.Container.DBus;
using Peapod.Container.Systemd;
using Peapod.HostTests.Harness;
using static Peapod.HostTests.Harness.FakeSystemd;

namespace Peapod.HostTests.Oci;

/// <summary>What we say to systemd, and what we make of its answers; the vm tier has a real one.</summary>
public class SystemdProtocolTests
{
    private const string Unit = "peapod-a.scope", Job = "/org/freedesktop/systemd1/job/7";
    private const string UnitExists = "org.freedesktop.systemd1.UnitExists", NoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

    [Fact]
    public void A_scope_is_started_with_its_properties_and_processes_and_its_job_waited_for()
    {
        // Another job ends first, and ours before its number is told.
        using var systemd = new FakeSystemd(static call => [JobRemoved("/other", Unit, "failed"), JobRemoved(Job, Unit, "done"), Return(call, "o", Job)]);
        using (var manager = Connect(systemd))
        {
            manager.StartScope(Unit, [UnitProperty.Flag("Delegate", true), UnitProperty.Number("linux.resources.pids.limit", "TasksMax", 9)], 12, 13);
        }

        Assert.Equal("AUTH EXTERNAL 30", systemd.Greeting);
        Assert.Equal([$"StartTransientUnit({Unit}, fail, [[Delegate, b true], [TasksMax, t 9], [PIDs, au 2 12 13]], [])"], systemd.Calls);
    }

    [Fact]
    public void The_version_is_asked_for_where_a_property_depends_on_it()
    {
        using var systemd = new FakeSystemd(static call => call.Member == "Get"
            ? [Return(call, "v", new DBusVariant("s", "v243.1-2"))]
            : [Return(call, "o", Job), JobRemoved(Job, Unit, "done")]);
        using (var manager = Connect(systemd))
        {
            manager.StartScope(Unit, [UnitProperty.Number("", "A", 1) with { Since = 242 }, UnitProperty.Number("", "B", 2) with { Since = 244 }], 12);
        }

        Assert.Equal(["Get(org.freedesktop.systemd1.Manager, Version)", $"StartTransientUnit({Unit}, fail, [[A, t 1], [PIDs, au 1 12]], [])"], systemd.Calls);
    }

    [Theory]
    [InlineData("linux.resources.pids.limit", "Cannot set property TasksMax, or unknown property.", "config.json: linux.resources.pids.limit: systemd refuses TasksMax=t 9: Cannot set property TasksMax, or unknown property.")]
    [InlineData("linux.resources.pids.limit", "Too many TasksMaxima.", "systemd refuses the container's scope: Too many TasksMaxima.")]
    [InlineData("", "TasksMax?", "systemd refuses the container's scope: TasksMax?")]
    public void A_refused_property_is_told_by_its_field(string field, string refusal, string sentence)
    {
        using var systemd = new FakeSystemd(call => [Error(call, "org.freedesktop.DBus.Error.PropertyReadOnly", refusal)]);
        using var manager = Connect(systemd);

        Assert.Equal(sentence, Assert.Throws<ContainerException>(() => manager.StartScope(Unit, [UnitProperty.Number(field, "TasksMax", 9)], 12)).Message);
    }

    [Fact]
    public void A_job_that_does_not_end_well_is_an_error_and_the_unit_is_reset()
    {
        using var systemd = new FakeSystemd(static call => call.Member == "ResetFailedUnit" ? [Return(call)] : [Return(call, "o", Job), JobRemoved(Job, Unit, "failed")]);
        using (var manager = Connect(systemd))
        {
            Assert.StartsWith($"systemd did not start the unit \"{Unit}\": its job ended as failed\n", Assert.Throws<ContainerException>(() => manager.StartScope(Unit, [], 12)).Message, StringComparison.Ordinal);
        }

        Assert.Equal($"ResetFailedUnit({Unit})", systemd.Calls[^1]);
    }

    [Fact]
    public void A_unit_that_failed_is_reset_and_started_again()
    {
        var starts = 0;
        using var systemd = new FakeSystemd(call => call.Member switch
        {
            "StartTransientUnit" when starts++ == 0 => [Error(call, UnitExists, "Unit exists.")],
            "StartTransientUnit" => [Return(call, "o", Job), JobRemoved(Job, Unit, "done")],
            "GetUnit" => [Return(call, "o", "/unit")],
            "Get" => [Return(call, "v", new DBusVariant("s", "failed"))],
            _ => [Return(call)],
        });
        using (var manager = Connect(systemd))
        {
            manager.StartScope(Unit, [], 12);
        }

        Assert.Equal(["StartTransientUnit", "GetUnit", "Get", "ResetFailedUnit", "StartTransientUnit"], systemd.Calls.Select(static call => call.Split('(')[0]));
    }

    [Fact]
    public void A_unit_that_is_there_already_is_told_with_its_state()
    {
        using var systemd = new FakeSystemd(static call => call.Member switch
        {
            "StartTransientUnit" => [Error(call, UnitExists, "Unit exists.")],
            "GetUnit" => [Return(call, "o", "/unit")],
            _ => [Return(call, "v", new DBusVariant("s", "active"))],
        });
        using var manager = Connect(systemd);

        Assert.Equal(
            $"config.json: linux.cgroupsPath: the unit \"{Unit}\" is there already: it is active",
            Assert.Throws<ContainerException>(() => manager.StartScope(Unit, [], 12)).Message);
    }

    [Fact]
    public void A_unit_that_is_gone_needs_no_stop()
    {
        using var systemd = new FakeSystemd(static call => [Error(call, NoSuchUnit, "Unit not loaded.")]);
        using (var manager = Connect(systemd))
        {
            manager.Stop(Unit);
        }

        Assert.Equal([$"StopUnit({Unit}, replace)"], systemd.Calls);
    }

    [Fact]
    public void Properties_are_set_until_the_units_end()
    {
        using var systemd = new FakeSystemd(static call => [Return(call)]);
        using (var manager = Connect(systemd))
        {
            manager.SetProperties(Unit, [], static field => field);
            manager.SetProperties(Unit, [UnitProperty.Number("", "MemoryMax", 4096)], static field => field);
        }

        Assert.Equal([$"SetUnitProperties({Unit}, True, [[MemoryMax, t 4096]])"], systemd.Calls);
    }

    [Fact]
    public void Where_nobody_answers_both_sockets_are_told()
    {
        var error = Assert.Throws<ContainerException>(() => SystemdManager.Connect("/no/such/private", "/no/such/bus"));

        Assert.Equal(
            "cannot reach systemd: /no/such/private: No such file or directory; /no/such/bus: No such file or directory\n  without systemd, leave out --systemd-cgroup: cgroups are made in the file system then",
            error.Message);
    }

    [SkippableTheory]
    [InlineData("--systemd-cgroup")]
    [InlineData("--cgroup-manager=systemd")]
    [Covers("--systemd-cgroup", "--cgroup-manager")]
    public void Without_systemd_the_flag_is_refused_and_nothing_is_left(string flag)
    {
        Skip.If(Directory.Exists("/run/systemd/system"), "this host is run by systemd");
        using var bundle = new Bundle("true");

        var result = bundle.Peapod(flag, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("peapod: cannot reach systemd: /run/systemd/private: No such file or directory; ", result.Error, StringComparison.Ordinal);
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("state", bundle.Id).Error);
    }

    [Fact]
    [Covers("--systemd-cgroup")]
    public void A_plan_tells_what_systemd_would_be_told()
    {
        using var bundle = new Bundle("true").Set("linux.cgroupsPath", "\"machine.slice:pre:name\"").Set("linux.resources.pids", """{"limit": 9}""");

        var result = PeapodCommand.Run("--systemd-cgroup", "plan", "--bundle", bundle.Folder);

        Assert.Contains("  have systemd start pre-name.scope, the cgroup /sys/fs/cgroup/machine.slice/pre-name.scope", result.Output, StringComparison.Ordinal);
        Assert.Contains("  with Slice=s \"machine.slice\"", result.Output, StringComparison.Ordinal);
        Assert.Contains("  with TasksMax=t 9", result.Output, StringComparison.Ordinal);
        Assert.Equal("", result.Error);
    }

    private static SystemdManager Connect(FakeSystemd systemd) => SystemdManager.Connect(systemd.Path, "/no/such/bus");
}
