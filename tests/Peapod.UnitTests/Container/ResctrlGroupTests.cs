using Peapod.Container;
using Peapod.Container.Resctrl;
using Peapod.Oci;
using Peapod.Tests;

namespace Peapod.UnitTests.Container;

/// <summary>Against a folder in place of the file system: it takes what is written, and removes only what is empty.</summary>
public sealed class ResctrlGroupTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("peapod-resctrl-").FullName;

    public ResctrlGroupTests()
    {
        foreach (var feature in new[] { "L3", "MB", "L3_MON" })
        {
            Directory.CreateDirectory($"{root}/info/{feature}");
        }
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    [Covers("linux.intelRdt.closID", "linux.intelRdt.enableMonitoring")]
    public void A_group_without_a_class_is_the_containers_own_and_goes_with_it()
    {
        var group = Create(new LinuxIntelRdt { L3CacheSchema = "L3:0=f", MemBwSchema = "MB:0=20", Schemata = ["L2:0=1"] });
        group.Add(Environment.ProcessId);

        Assert.Equal("L3:0=f\nMB:0=20\nL2:0=1\n", File.ReadAllText($"{root}/id/schemata"));
        Assert.Contains(File.ReadAllText($"{root}/id/tasks"), Directory.GetDirectories("/proc/self/task").Select(static path => Path.GetFileName(path)));
        Assert.Equal(["info", "id"], Names());
        Empty("id");
        group.Remove();
        Assert.Equal(["info"], Names());
        group.Remove();
    }

    [Fact]
    public void A_class_that_is_missing_is_made_and_stays()
    {
        var group = Create(new LinuxIntelRdt { ClosID = "class", Schemata = ["L3:0=f"] });
        group.Remove();

        Assert.Equal("L3:0=f\n", File.ReadAllText($"{root}/class/schemata"));
    }

    [Fact]
    public void A_class_that_is_there_takes_the_process_and_a_monitoring_group_that_goes_with_the_container()
    {
        var group = Create(new LinuxIntelRdt { ClosID = "class", L3CacheSchema = "L3:0=f", EnableMonitoring = true }, before: () => Directory.CreateDirectory($"{root}/class"), schemata: "L3:0=0f\n", monitoring: true);
        group.Add(Environment.ProcessId);

        Assert.True(File.Exists($"{root}/class/tasks"));
        Assert.True(File.Exists($"{root}/class/mon_groups/id/tasks"));
        Empty("class/mon_groups/id");
        group.Remove();
        Assert.Equal(["info", "class"], Names());
        Assert.Empty(Directory.GetFileSystemEntries($"{root}/class/mon_groups"));
    }

    [Fact]
    public void A_class_that_is_there_must_have_the_schemata_that_are_given()
    {
        Directory.CreateDirectory($"{root}/class");
        File.WriteAllText($"{root}/class/schemata", "L3:0=f\n");

        Assert.Equal(
            "config.json: linux.intelRdt.l3CacheSchema: the group \"class\" is there and has other schemata than \"L3:0=ff\"",
            Refusal(new LinuxIntelRdt { ClosID = "class", L3CacheSchema = "L3:0=ff" }));
        Assert.Equal("L3:0=f\n", File.ReadAllText($"{root}/class/schemata"));
    }

    [Fact]
    public void A_class_without_schemata_must_be_there() =>
        Assert.Equal(
            $"config.json: linux.intelRdt.closID: \"class\" is not there\n  make the group \"{root}/class\" first, or give the schemata that it shall have",
            Refusal(new LinuxIntelRdt { ClosID = "class" }));

    [Fact]
    public void The_root_group_is_a_class_too()
    {
        var group = Create(new LinuxIntelRdt { ClosID = "/" });
        group.Add(Environment.ProcessId);
        group.Remove();

        Assert.True(File.Exists($"{root}/tasks"));
    }

    [Theory]
    [InlineData("L3", "linux.intelRdt.l3CacheSchema: this host's Intel RDT has no cache allocation")]
    [InlineData("MB", "linux.intelRdt.memBwSchema: this host's Intel RDT has no memory bandwidth allocation")]
    [InlineData("L3_MON", "linux.intelRdt.enableMonitoring: this host's Intel RDT has no monitoring")]
    public void What_the_host_does_not_offer_is_told_by_its_field(string feature, string sentence)
    {
        Directory.Delete($"{root}/info/{feature}");

        Assert.Equal($"config.json: {sentence}", Refusal(new LinuxIntelRdt { L3CacheSchema = "L3:0=f", MemBwSchema = "MB:0=20", EnableMonitoring = true }));
        Assert.Equal(["info"], Names());
    }

    [Fact]
    public void A_creation_that_fails_takes_its_group_back()
    {
        using (var undo = new Undo())
        {
            ResctrlGroup.Of(root, new LinuxIntelRdt { Schemata = ["L2:0=f"] }, "id").Create(undo);
            Empty("id");
        }

        Assert.Equal(["info"], Names());
    }

    [Fact]
    public void A_change_that_fails_gives_the_schemata_back()
    {
        Create(new LinuxIntelRdt { L3CacheSchema = "L3:0=f" });
        using (var undo = new Undo())
        {
            ResctrlGroup.Of(root, new LinuxIntelRdt { L3CacheSchema = "L3:0=3" }, "id").Change(undo);
            Assert.Equal("L3:0=3\n", File.ReadAllText($"{root}/id/schemata"));
        }

        Assert.Equal("L3:0=f\n", File.ReadAllText($"{root}/id/schemata"));
    }

    [Fact]
    public void Without_resctrl_the_field_that_needs_it_is_told() =>
        Assert.Equal(
            "config.json: linux.intelRdt.memBwSchema: no resctrl file system is mounted on this host\n  where the CPU and the kernel have Intel RDT: mount -t resctrl resctrl /sys/fs/resctrl",
            Assert.Throws<ContainerException>(() => ResctrlGroup.Of(null, new LinuxIntelRdt { MemBwSchema = "MB:0=1" }, "id")).Message);

    private ResctrlGroup Create(LinuxIntelRdt rdt, Action? before = null, string? schemata = null, bool monitoring = false)
    {
        before?.Invoke();
        if (schemata is not null)
        {
            File.WriteAllText($"{root}/{rdt.ClosID}/schemata", schemata);
        }

        if (monitoring)
        {
            Directory.CreateDirectory($"{root}/{rdt.ClosID}/mon_groups");
        }

        using var undo = new Undo();
        var group = ResctrlGroup.Of(root, rdt, "id");
        group.Create(undo);
        undo.Keep();
        return group;
    }

    private string Refusal(LinuxIntelRdt rdt) => Assert.Throws<ContainerException>(() => Create(rdt)).Message;

    private IEnumerable<string> Names() => Directory.GetDirectories(root).Select(static path => Path.GetFileName(path)).OrderDescending(StringComparer.Ordinal);

    /// <summary>What the kernel does at rmdir(2) of a group.</summary>
    private void Empty(string group)
    {
        foreach (var file in Directory.GetFiles($"{root}/{group}"))
        {
            File.Delete(file);
        }
    }
}
