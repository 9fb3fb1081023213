using Peapod.Container.Devices;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class DeviceRulesTests
{
    private const int Block = 1, Character = 2;
    private const int Mknod = 1, Read = 2, Write = 4, All = 7;

    private static readonly (uint Major, uint Minor)[] Defaults = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, 0), (136, 1_048_575)];

    [Fact]
    public void No_rules_are_no_program()
    {
        Assert.Null(DeviceRules.Compile(null));
        Assert.Null(DeviceRules.Compile([]));
    }

    [Fact]
    public void Denying_all_leaves_the_default_devices_and_the_making_of_nodes()
    {
        var program = Compile(Deny());

        foreach (var (major, minor) in Defaults)
        {
            Assert.True(Allows(program, Character, All, major, minor), $"{major}:{minor}");
            Assert.False(Allows(program, Block, Read, major, minor), $"{major}:{minor}");
        }

        Assert.True(Allows(program, Character, Mknod, 10, 200));
        Assert.True(Allows(program, Block, Mknod, 8, 0));
        Assert.False(Allows(program, Character, Read, 10, 200));
        Assert.False(Allows(program, Character, Read | Mknod, 10, 200));
        Assert.False(Allows(program, Block, Write, 8, 0));
        Assert.False(Allows(program, Character, Read, 1, 1));
    }

    [Fact]
    public void The_default_devices_stay_whatever_a_rule_says()
    {
        var program = Compile(Deny(), Deny("c", 1, 3), Deny("c", 136));

        Assert.True(Allows(program, Character, All, 1, 3));
        Assert.True(Allows(program, Character, All, 136, 7));
    }

    [Fact]
    public void Without_a_rule_that_matches_a_device_is_denied()
    {
        var program = Compile(Allow("c", 10, 200));

        Assert.True(Allows(program, Character, All, 10, 200));
        Assert.False(Allows(program, Character, Read, 10, 201));
    }

    [Fact]
    public void The_last_rule_that_matches_holds()
    {
        Assert.False(Allows(Compile(Allow("c", 10, 200), Deny("c", 10)), Character, Read, 10, 200));
        Assert.True(Allows(Compile(Deny("c", 10), Allow("c", 10, 200)), Character, Read, 10, 200));
    }

    [Fact]
    public void Rights_that_two_rules_give_are_there_together()
    {
        var program = Compile(Deny(), Allow("b", 8, 0, "r"), Allow("b", 8, 0, "w"));

        Assert.True(Allows(program, Block, Read | Write, 8, 0));
        Assert.True(Allows(program, Block, All, 8, 0));
    }

    [Fact]
    public void A_rule_for_some_rights_leaves_the_others_to_the_rules_before_it()
    {
        var program = Compile(Allow(), Deny("b", 8, 0, "w"));

        Assert.True(Allows(program, Block, Read, 8, 0));
        Assert.False(Allows(program, Block, Write, 8, 0));
        Assert.False(Allows(program, Block, Read | Write, 8, 0));
    }

    [Fact]
    public void A_rule_for_all_types_that_names_a_device_opens_no_other()
    {
        var program = Compile(Deny(), Allow("a", 10, 200), Allow("", 8, 0), Allow("a", access: "r"));

        Assert.True(Allows(program, Character, All, 10, 200));
        Assert.True(Allows(program, Block, All, 10, 200));
        Assert.True(Allows(program, Block, All, 8, 0));
        Assert.True(Allows(program, Block, Read, 8, 16));
        Assert.False(Allows(program, Block, Write, 8, 16));
    }

    [Fact]
    public void Minus_one_means_every_number()
    {
        var program = Compile(Deny(), Allow("b", -1, 5), Allow("b", 9, -1));

        Assert.True(Allows(program, Block, Write, 77, 5));
        Assert.True(Allows(program, Block, Write, 9, 77));
        Assert.False(Allows(program, Block, Write, 77, 77));
    }

    [Fact]
    public void The_largest_numbers_are_numbers_and_not_every_number()
    {
        var program = Compile(Deny(), Allow("b", uint.MaxValue, uint.MaxValue));

        Assert.True(Allows(program, Block, Read, uint.MaxValue, uint.MaxValue));
        Assert.False(Allows(program, Block, Read, 8, uint.MaxValue));
    }

    [Fact]
    public void What_follows_a_rule_for_everything_backwards_is_left_out()
    {
        var program = Compile(Allow("c", 10, 200), Allow("c", 10, 201), Deny(), Allow("b", 8, 0));

        Assert.Equal(Compile(Deny(), Allow("b", 8, 0)), program);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void The_program_decides_as_the_rules_read(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 250; round++)
        {
            LinuxDeviceCgroup[] rules = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => RandomRule(random))];
            var program = Compile(rules);
            for (var type = Block; type <= Character; type++)
            {
                for (var access = 1; access <= All; access++)
                {
                    foreach (var major in (uint[])[0, 1, 5, 8, 136, 4095])
                    {
                        foreach (var minor in (uint[])[0, 3, 9, 1_048_575])
                        {
                            var expected = Reads(rules, type, access, major, minor);
                            Assert.True(
                                expected == Allows(program, type, access, major, minor),
                                $"type {type}, access {access}, {major}:{minor} must be {(expected ? "allowed" : "denied")} by {string.Join("; ", rules.Select(static rule => $"{rule.Allow} {rule.Type} {rule.Major}:{rule.Minor} {rule.Access}"))}");
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void A_thousand_rules_still_jump_where_they_should()
    {
        LinuxDeviceCgroup[] rules = [Deny(), .. Enumerable.Range(0, 1000).Select(static i => Allow("b", 300, i, i % 2 == 0 ? "r" : "rwm"))];
        var program = Compile(rules);

        Assert.True(Allows(program, Block, Read, 300, 0));
        Assert.False(Allows(program, Block, Write, 300, 0));
        Assert.True(Allows(program, Block, All, 300, 999));
        Assert.False(Allows(program, Block, Read, 300, 1000));
    }

    /// <summary>Each right that is asked for is decided by the last rule that names the device and the right.</summary>
    private static bool Reads(IEnumerable<LinuxDeviceCgroup> rules, int type, int access, uint major, uint minor)
    {
        if (type == Character && Defaults.Any(known => known.Major == major && (known.Minor == minor || major == 136)))
        {
            return true;
        }

        foreach (var (right, letter) in new[] { (Read, 'r'), (Write, 'w') })
        {
            var last = rules.LastOrDefault(rule =>
                (rule.Type is null or "" or "a" || rule.Type == (type == Block ? "b" : "c"))
                && (rule.Major is null or -1 || rule.Major == major)
                && (rule.Minor is null or -1 || rule.Minor == minor)
                && (string.IsNullOrEmpty(rule.Access) || rule.Access.Contains(letter)));
            if ((access & right) != 0 && last?.Allow != true)
            {
                return false;
            }
        }

        return true;
    }

    private static LinuxDeviceCgroup RandomRule(Random random) => new()
    {
        Allow = random.Next(2) == 0,
        Type = random.GetItems(["a", "b", "c", "", null], 1)[0],
        Major = random.GetItems<long?>([null, -1, 0, 1, 5, 8, 136, 4095], 1)[0],
        Minor = random.GetItems<long?>([null, -1, 0, 3, 9, 1_048_575], 1)[0],
        Access = random.GetItems([null, "", "r", "w", "m", "rw", "rm", "wm", "rwm", "mwr"], 1)[0],
    };

    private static BpfInstruction[] Compile(params LinuxDeviceCgroup[] rules) => DeviceRules.Compile(rules)!;

    private static bool Allows(BpfInstruction[] program, int type, int access, uint major, uint minor)
    {
        var answer = DeviceMachine.Run(program, type, access, major, minor);
        Assert.InRange(answer, 0UL, 1UL);
        return answer == 1;
    }

    private static LinuxDeviceCgroup Allow(string? type = null, long? major = null, long? minor = null, string? access = null) =>
        new() { Allow = true, Type = type, Major = major, Minor = minor, Access = access };

    private static LinuxDeviceCgroup Deny(string? type = null, long? major = null, long? minor = null, string? access = null) =>
        new() { Type = type, Major = major, Minor = minor, Access = access };
}
