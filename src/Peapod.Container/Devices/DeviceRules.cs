using Peapod.Oci;

namespace Peapod.Container.Devices;

/// <summary>linux.resources.devices as a program of type BPF_PROG_TYPE_CGROUP_DEVICE. Pure.</summary>
internal static class DeviceRules
{
    // The program's context, struct bpf_cgroup_dev_ctx: access_type (access << 16 | type), major, minor.
    // Undecided holds the rights asked for that no rule has spoken on yet.
    private const int Scratch = 1, Type = 2, Undecided = 3, Major = 4, Minor = 5;
    private const int TypeAny = 0, TypeBlock = 1, TypeCharacter = 2;
    private const int AccessMknod = 1, AccessRead = 2, AccessWrite = 4;
    private const int AccessAll = AccessMknod | AccessRead | AccessWrite;

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
            BpfInstruction.Of(BpfInstruction.LoadWord, Undecided, 1),
            BpfInstruction.Of(BpfInstruction.ShiftRightImmediate, Undecided, immediate: 16),
            BpfInstruction.Of(BpfInstruction.LoadWord, Major, 1, 4),
            BpfInstruction.Of(BpfInstruction.LoadWord, Minor, 1, 8),
        };

        // The last rule that matches holds, so they are tried from the last to the first.
        AddAlways(program);
        var decided = false;
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

    /// <summary>
    /// What every container may use, whatever the rules say, as runc has it: making nodes of any device (opening them is
    /// another thing), and the default devices with the terminals.
    /// </summary>
    private static void AddAlways(List<BpfInstruction> program)
    {
        Add(program, TypeCharacter, 136, null, AccessAll, allow: true);
        Add(program, TypeCharacter, 5, 2, AccessAll, allow: true);
        Add(program, TypeCharacter, 5, 0, AccessAll, allow: true);
        Add(program, TypeCharacter, 1, 9, AccessAll, allow: true);
        Add(program, TypeCharacter, 1, 8, AccessAll, allow: true);
        Add(program, TypeCharacter, 1, 7, AccessAll, allow: true);
        Add(program, TypeCharacter, 1, 5, AccessAll, allow: true);
        Add(program, TypeCharacter, 1, 3, AccessAll, allow: true);
        Add(program, TypeBlock, null, null, AccessMknod, allow: true);
        Add(program, TypeCharacter, null, null, AccessMknod, allow: true);
    }

    /// <returns>Whether the rule decides on everything, so that none before it can.</returns>
    private static bool Add(List<BpfInstruction> program, LinuxDeviceCgroup rule)
    {
        var type = rule.Type switch { "b" => TypeBlock, "c" => TypeCharacter, _ => TypeAny };
        var major = rule.Major is -1 ? null : rule.Major;
        var minor = rule.Minor is -1 ? null : rule.Minor;
        var access = AccessOf(rule.Access);
        Add(program, type, major, minor, access, rule.Allow);
        return type == TypeAny && major is null && minor is null && access == AccessAll;
    }

    private static void Add(List<BpfInstruction> program, int type, long? major, long? minor, int access, bool allow)
    {
        var start = program.Count;
        if (type != TypeAny)
        {
            program.Add(BpfInstruction.Of(BpfInstruction.JumpNotEqualImmediate, Type, immediate: type));
        }

        if (major is { } majorNumber)
        {
            program.Add(BpfInstruction.Of(BpfInstruction.JumpNotEqualImmediate, Major, immediate: (int)majorNumber));
        }

        if (minor is { } minorNumber)
        {
            program.Add(BpfInstruction.Of(BpfInstruction.JumpNotEqualImmediate, Minor, immediate: (int)minorNumber));
        }

        if (access != AccessAll && allow)
        {
            program.Add(BpfInstruction.Of(BpfInstruction.AndImmediate, Undecided, immediate: ~access));
            program.Add(BpfInstruction.Of(BpfInstruction.JumpNotEqualImmediate, Undecided, immediate: 0));
        }
        else if (access != AccessAll)
        {
            program.Add(BpfInstruction.Of(BpfInstruction.MoveRegister, Scratch, Undecided));
            program.Add(BpfInstruction.Of(BpfInstruction.AndImmediate, Scratch, immediate: access));
            program.Add(BpfInstruction.Of(BpfInstruction.JumpEqualImmediate, Scratch, immediate: 0));
        }

        AddExit(program, allow);
        for (var i = start; i < program.Count; i++)
        {
            // A test that fails jumps behind the rule's exit.
            if (program[i].Code is BpfInstruction.JumpNotEqualImmediate or BpfInstruction.JumpEqualImmediate)
            {
                program[i] = program[i] with { Offset = (short)(program.Count - i - 1) };
            }
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
