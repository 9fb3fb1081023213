using Peapod.Container.Cgroups;
using Peapod.Container.Systemd;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class ScopePropertiesTests
{
    private const string Drivers = "Character devices:\n  1 mem\n136 pts\n 10 misc\n\nBlock devices:\n  7 loop\n254 device-mapper\n";

    private static readonly string Always =
        "\"block-*\" \"m\" \"char-*\" \"m\" \"/dev/char/1:3\" \"rwm\" \"/dev/char/1:5\" \"rwm\" \"/dev/char/1:7\" \"rwm\" \"/dev/char/1:8\" \"rwm\" \"/dev/char/1:9\" \"rwm\" \"/dev/char/5:0\" \"rwm\" \"/dev/char/5:2\" \"rwm\" \"char-pts\" \"rwm\"";

    [Fact]
    public void A_scope_is_delegated_accounted_and_collected() => Assert.Equal(
        """
        Description=s "Peapod container web"
        Slice=s "machine.slice"
        Delegate=b true
        DefaultDependencies=b false
        CollectMode=s "inactive-or-failed"
        CPUAccounting=b true
        MemoryAccounting=b true
        IOAccounting=b true
        TasksAccounting=b true
        """,
        Lines(ScopeProperties.Compile(ScopeName.Parse("machine.slice:libpod:1", "web"), "web", new Spec(), Drivers)));

    [Fact]
    public void Limits_are_properties() => Assert.Equal(
        """
        MemorySwapMax=t 33554432
        MemoryMax=t 33554432
        MemoryLow=t 1048576
        CPUWeight=t 100
        CPUQuotaPeriodUSec=t 50000
        CPUQuotaPerSecUSec=t 500000
        AllowedCPUs=ay 2 9 129
        AllowedMemoryNodes=ay 1 1
        TasksMax=t 18446744073709551615
        IOWeight=t 5000
        """,
        Of(new LinuxResources
        {
            Memory = new() { Limit = 32 << 20, Swap = 64 << 20, Reservation = 1 << 20 },
            Cpu = new() { Shares = 1024, Quota = 25000, Period = 50000, Cpus = "0,3,8,15", Mems = "0" },
            Pids = new() { Limit = -1 },
            BlockIO = new() { Weight = 505, ThrottleReadBpsDevice = [new() { Major = 8, Minor = 0, Rate = 1 }] },
            HugepageLimits = [new() { PageSize = "2MB", Limit = 0 }],
        }));

    [Theory]
    [InlineData("cpu.max", "12345 100000", "CPUQuotaPeriodUSec=t 100000\nCPUQuotaPerSecUSec=t 130000")]
    [InlineData("cpu.max", "max", "CPUQuotaPeriodUSec=t 100000\nCPUQuotaPerSecUSec=t 18446744073709551615")]
    [InlineData("cpu.max", "max 20000", "CPUQuotaPeriodUSec=t 20000\nCPUQuotaPerSecUSec=t 18446744073709551615")]
    [InlineData("cpu.max", "20000", "CPUQuotaPeriodUSec=t 100000\nCPUQuotaPerSecUSec=t 200000")]
    [InlineData("cpu.max", "a lot", "")]
    [InlineData("cpu.max", "1 0", "")]
    [InlineData("cpu.weight", "7", "CPUWeight=t 7")]
    [InlineData("cpu.idle", "1", "CPUWeight=t 0")]
    [InlineData("cpu.idle", "0", "")]
    [InlineData("cpuset.cpus", "0-2,4", "AllowedCPUs=ay 1 23")]
    [InlineData("cpuset.cpus", "2-0", "")]
    [InlineData("cpuset.cpus", "0-99999999", "")]
    [InlineData("cpuset.mems", "1", "AllowedMemoryNodes=ay 1 2")]
    [InlineData("memory.high", "max", "MemoryHigh=t 18446744073709551615")]
    [InlineData("memory.low", "0", "MemoryLow=t 0")]
    [InlineData("memory.min", "4096", "MemoryMin=t 4096")]
    [InlineData("memory.max", " 4096 ", "MemoryMax=t 4096")]
    [InlineData("memory.max", "4k", "")]
    [InlineData("memory.swap.max", "0", "MemorySwapMax=t 0")]
    [InlineData("pids.max", "5", "TasksMax=t 5")]
    [InlineData("pids.max", "0", "")]
    [InlineData("io.weight", "default 200", "IOWeight=t 200")]
    [InlineData("io.weight", "8:0 200", "")]
    [InlineData("hugetlb.2MB.max", "0", "")]
    public void A_file_of_unified_is_a_property_where_systemd_has_one(string file, string value, string expected) =>
        Assert.Equal(expected, Of(new LinuxResources { Unified = new Dictionary<string, string> { [file] = value } }));

    [Fact]
    public void The_last_value_for_a_property_holds_and_idle_is_above_weight()
    {
        var memory = new LinuxResources { Memory = new() { Limit = 4096 }, Unified = new Dictionary<string, string> { ["memory.max"] = "8192" } };
        var idle = new LinuxResources { Cpu = new() { Idle = 1, Shares = 1024 } };

        Assert.Equal(("MemoryMax=t 8192", "CPUWeight=t 0"), (Of(memory), Of(idle)));
    }

    [Fact]
    public void An_older_systemd_is_not_told_what_it_does_not_know()
    {
        var resources = new LinuxResources { Cpu = new() { Idle = 1, Cpus = "0", Quota = 1000, Period = 2000 } };

        Assert.Equal([252, 242, 0, 244], ResourceProperties.Compile(CgroupSettings.Compile(resources)).Select(static property => property.Since));
    }

    [Theory]
    [InlineData("0", "continue")]
    [InlineData("1", "kill")]
    public void Memory_oom_group_is_a_policy_from_the_start(string value, string policy)
    {
        var spec = new Spec { Linux = new() { Resources = new() { Unified = new Dictionary<string, string> { ["memory.oom.group"] = value } } } };

        Assert.Equal($"OOMPolicy=s \"{policy}\"", Compile(spec)[^1].ToString());
    }

    [Fact]
    public void Device_rules_are_a_list_of_what_is_allowed()
    {
        LinuxDeviceCgroup[] rules =
        [
            new() { Allow = true, Type = "c", Major = 1, Minor = 1 },
            new() { Allow = false, Access = "rwm" },
            new() { Allow = true, Type = "c", Major = 10, Minor = 200, Access = "rw" },
            new() { Allow = true, Type = "b", Major = 254, Minor = -1, Access = "r" },
            new() { Allow = true, Type = "c", Major = 240 },
            new() { Allow = true, Type = "a", Major = 7, Access = "r" },
            new() { Allow = false, Type = "c", Major = 10, Minor = 200, Access = "w" },
        ];

        Assert.Equal(
            $"DevicePolicy=s \"strict\"\nDeviceAllow=a(ss) 0\nDeviceAllow=a(ss) 15 {Always} \"/dev/char/10:200\" \"rw\" \"block-device-mapper\" \"r\" \"char-*\" \"rwm\" \"char-*\" \"r\" \"block-loop\" \"r\"",
            Of(new LinuxResources { Devices = rules }));
    }

    [Fact]
    public void Where_all_devices_are_allowed_systemd_keeps_out_of_it() => Assert.Equal(
        "DevicePolicy=s \"auto\"\nDeviceAllow=a(ss) 0",
        Of(new LinuxResources { Devices = [new() { Allow = false }, new() { Allow = true }, new() { Allow = false, Type = "c", Major = 10, Minor = 200 }] }));

    [Theory]
    [InlineData("TimeoutStopUSec", "uint64 123456789", "TimeoutStopUSec=t 123456789")]
    [InlineData("TimeoutStopSec", "uint64 10", "TimeoutStopUSec=t 10000000")]
    [InlineData("TimeoutStopSec", "1.5", "TimeoutStopUSec=t 1500000")]
    [InlineData("CollectMode", "'inactive'", "CollectMode=s \"inactive\"")]
    [InlineData("After", "['a.service', 'b.service']", "After=as 2 \"a.service\" \"b.service\"")]
    [InlineData("MemoryAccounting", "false", "MemoryAccounting=b false")]
    public void Annotations_are_properties_after_ours(string name, string value, string expected)
    {
        var spec = new Spec { Annotations = new Dictionary<string, string> { ["org.systemd.property." + name] = value, ["other"] = "x" } };

        Assert.Equal(expected, Compile(spec)[^1].ToString());
    }

    [Theory]
    [InlineData("Ab", "true", "\"Ab\" is no name of a unit's property")]
    [InlineData("Exec.Start", "true", "\"Exec.Start\" is no name of a unit's property")]
    [InlineData("TimeoutStopSec", "'soon'", "\"'soon'\" is no number of seconds")]
    [InlineData("TimeoutStopUSec", "123456789012", "\"123456789012\": \"123456789012\" is no number, or too large for an int: write its type before it, as uint64 123456789012")]
    public void An_annotation_that_is_no_property_is_refused(string name, string value, string reason)
    {
        var spec = new Spec { Annotations = new Dictionary<string, string> { ["org.systemd.property." + name] = value } };

        var error = Assert.Throws<SpecException>(() => Compile(spec));

        Assert.Equal(($"annotations[\"org.systemd.property.{name}\"]", reason), (error.Field, error.Reason));
    }

    [Theory]
    [InlineData("true", "b true")]
    [InlineData(" 'it\\'s' ", "s \"it's\"")]
    [InlineData("\"a\\n\"", "s \"a\n\"")]
    [InlineData("-7", "i -7")]
    [InlineData("byte 7", "y 7")]
    [InlineData("uint32 7", "u 7")]
    [InlineData("int64 -7", "x -7")]
    [InlineData("double 7", "d 7")]
    [InlineData("objectpath '/a'", "o \"/a\"")]
    [InlineData("[1, 2]", "ai 2 1 2")]
    [InlineData("[byte 1]", "ay 1 1")]
    [InlineData("@as []", "as 0")]
    [InlineData("@a(ss) []", "a(ss) 0")]
    [InlineData("[('/dev/null', 'rw'), ('char-pts', 'r')]", "a(ss) 2 \"/dev/null\" \"rw\" \"char-pts\" \"r\"")]
    [InlineData("('a', true, uint16 3)", "(sbq) \"a\" true 3")]
    public void A_variant_in_text_is_read(string text, string expected) => Assert.Equal(expected, VariantText.Parse(text).ToString());

    [Theory]
    [InlineData("", "a value is missing")]
    [InlineData("'a", "a text has no end")]
    [InlineData("'a\\", "a text has no end")]
    [InlineData("[]", "an array without elements needs its type before it, as @as []")]
    [InlineData("[1, 'a']", "an array of i with a value of s in it")]
    [InlineData("[1", "',' is missing")]
    [InlineData("()", "a struct without members")]
    [InlineData("byte 300", "\"300\" is no number of that type")]
    [InlineData("maybe", "\"maybe\" is neither a value nor the name of a type")]
    [InlineData("1 2", "\"2\" follows its end")]
    [InlineData("@s 'a'", "\"@s\" is no type of an array")]
    [InlineData("string 7", "a text stands between quotes")]
    public void A_text_that_is_no_variant_is_refused(string text, string reason) => Assert.Equal(reason, Assert.Throws<FormatException>(() => VariantText.Parse(text)).Message);

    private static IReadOnlyList<UnitProperty> Compile(Spec spec) => ScopeProperties.Compile(ScopeName.Parse(null, "web"), "web", spec, Drivers);

    private static string Of(LinuxResources resources) => Lines(ScopeProperties.Changeable(resources, CgroupSettings.Compile(resources), Drivers));

    private static string Lines(IEnumerable<UnitProperty> properties) => string.Join('\n', properties);
}
