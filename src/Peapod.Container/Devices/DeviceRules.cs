using Peapod.Oci;

namespace Peapod.Container.Devices;

/// <summary>linux.resources.devices as a program of type BPF_PROG_TYPE_CGROUP_DEVICE. Pure.</summary>
internal static class DeviceRules
{
    // The program's context, struct bpf_cgroup_dev_ctx: access_type (access << 16 | type), major, minor.
    private const int Type = 2, Access = 3, Major = 4, Minor = 5, Scratch = 1;
    private const int TypeBlock = 1, TypeCharacter = 2;
    private const int AccessMknod = 1, AccessRead = 2, AccessWrite = 4;
    private const int AccessAll = AccessMknod | AccessRead | AccessWrite;

    /// <summary>
    /// What every container may use, whatever the rules say, as runc has it: making nodes of any device (opening them is
    /// another thing), and the default devices with the terminals.
    /// </summary>
    private static readonly LinuxDeviceCgroup[] Always =
    [
        new() { Allow = true, Type = "c", Access = "m" },
        new() { Allow = true, Type = "b", Access = "m" },
        new() { Allow = true, Type = "c", Major = 1, Minor = 3, Access = "rwm" },
        new() { Allow = true, Type = "c", Major = 1, Minor = 5, Access = "rwm" },
        new() { Allow = true, Type = "c", Major = 1, Minor = 7, Access = "rwm" },
        new() { Allow = true, Type = "c", Major = 1, Minor = 8, Access = "rwm" },
        new() { Allow = true, Type = "c", Major = 1, Minor = 9, Access = "rwm" },
        new() { Allow = true, Type = "c", Major = 5, Minor = 0, Access = "rwm" },
        new() { Allow = true, Type = "c", Major = 5, Minor = 2, Access = "rwm" },
        new() { Allow = true, Type = "c", Major = 136, Access = "rwm" },
    ];

    /// <summary>The program, or null when everything is allowed anyway: no rules at all.</summary>
    internal static BpfInstruction[]? Compile(IReadOnlyList<LinuxDeviceCgroup>? rules)
    {
        if (rules is not { Count: > 0 })
        {
            return null;
        }

        var program = new List<BpfInstruction>(128)
        {
            BpfInstruction.Of(BpfInstruction.LoadWord, Type, 1),
            BpfInstruction.Of(BpfInstruction.AndImmediate, Type, immediate: 0xffff),
            BpfInstruction.Of(BpfInstruction.LoadWord, Access, 1),
            BpfInstruction.Of(BpfInstruction.ShiftRightImmediate, Access, immediate: 16),
            BpfInstruction.Of(BpfInstruction.LoadWord, Major, 1, 4),
            BpfInstruction.Of(BpfInstruction.LoadWord, Minor, 1, 8),
        };

        // The last rule that matches holds, so they are tried from the last to the first.
        var decided = false;
        for (var i = Always.Length - 1; i >= 0; i--)
        {
            decided |= Add(program, Always[i]);
        }

        for (var i = rules.Count - 1; i >= 0 && !decided; i--)
        {
            decided = Add(program, rules[i]);
        }

        if (!decided)
        {
            AddExit(program, allow: false);
        }

        return [.. program];
    }

    /// <returns>Whether the rule matches everything, so that none after it can.</returns>
    private static bool Add(List<BpfInstruction> program, LinuxDeviceCgroup rule)
    {
        var type = rule.Type switch { "b" => TypeBlock, "c" => TypeCharacter, _ => 0 };
        var access = AccessOf(rule.Access);
        var tests = new List<BpfInstruction>(6);
        if (type != 0)
        {
            tests.Add(BpfInstruction.Of(BpfInstruction.JumpNotEqualImmediate, Type, immediate: type));
        }

        if (access != AccessAll)
        {
            // An allowing rule must cover all that is asked for; a denying one holds when it covers any of it.
            tests.Add(BpfInstruction.Of(BpfInstruction.MoveRegister, Scratch, Access));
            tests.Add(BpfInstruction.Of(BpfInstruction.AndImmediate, Scratch, immediate: access));
            tests.Add(rule.Allow
                ? BpfInstruction.Of(BpfInstruction.JumpNotEqualRegister, Scratch, Access)
                : BpfInstruction.Of(BpfInstruction.JumpEqualImmediate, Scratch, immediate: 0));
        }

        AddNumber(tests, Major, rule.Type is "a" ? null : rule.Major);
        AddNumber(tests, Minor, rule.Type is "a" ? null : rule.Minor);

        // Each test that fails jumps over the rest and the two instructions of the exit.
        for (var i = 0; i < tests.Count; i++)
        {
            program.Add(IsJump(tests[i]) ? tests[i] with { Offset = (short)(tests.Count - i - 1 + 2) } : tests[i]);
        }

        AddExit(program, rule.Allow);
        return tests.Count == 0;
    }

    private static bool IsJump(BpfInstruction instruction) =>
        instruction.Code is BpfInstruction.JumpNotEqualImmediate or BpfInstruction.JumpNotEqualRegister or BpfInstruction.JumpEqualImmediate;

    private static void AddNumber(List<BpfInstruction> tests, int register, long? number)
    {
        if (number is { } value and not -1)
        {
            tests.Add(BpfInstruction.Of(BpfInstruction.JumpNotEqualImmediate, register, immediate: (int)value));
        }
    }

    private static void AddExit(List<BpfInstruction> program, bool allow)
    {
        program.Add(BpfInstruction.Of(BpfInstruction.MoveImmediate, 0, immediate: allow ? 1 : 0));
        program.Add(BpfInstruction.Of(BpfInstruction.Exit, 0));
    }

    private static int AccessOf(string? access)
    {
        if (string.IsNullOrEmpty(access))
        {
            return AccessAll;
        }

        var mask = 0;
        foreach (var c in access)
        {
            mask |= c switch { 'm' => AccessMknod, 'r' => AccessRead, 'w' => AccessWrite, _ => 0 };
        }

        return mask;
    }
}
