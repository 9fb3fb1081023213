using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;
using static Peapod.Container.Seccomp.Libseccomp;

namespace Peapod.Container.Seccomp;

/// <summary>Compiles linux.seccomp with libseccomp, rule by rule in their order, as runc does; what libseccomp does not know is left out.</summary>
internal static unsafe class SeccompCompiler
{
    internal const uint ReturnErrno = 0x00050000;
    internal const int ENOSYS = 38;

    private const int ArgumentCount = 6;
    private const uint MostErrno = 4094; // libseccomp takes less than the kernel's MAX_ERRNO

    /// <exception cref="SpecException">A part of it cannot be compiled.</exception>
    internal static SeccompFilter Compile(LinuxSeccomp seccomp)
    {
        var defaultAction = Action(seccomp.DefaultAction, seccomp.DefaultErrnoRet, "linux.seccomp.defaultErrnoRet");
        var filter = seccomp_init(defaultAction);
        if (filter == 0)
        {
            throw new SpecException("linux.seccomp.defaultAction", $"the kernel does not know {seccomp.DefaultAction}");
        }

        try
        {
            // A search for the number instead of a list of comparisons: each system call of the container pays for it.
            seccomp_attr_set(filter, OptimizeAttribute, BinaryTree);
            var architectures = AddArchitectures(filter, seccomp);
            var notifies = false;
            for (var i = 0; i < seccomp.Syscalls.Count; i++)
            {
                notifies |= AddRules(filter, seccomp.Syscalls[i], i, defaultAction);
            }

            byte[] program = [.. NewSyscalls.Stub(seccomp, architectures), .. Export(filter)];
            return program.Length <= SeccompFilter.MostInstructions * SeccompFilter.InstructionSize
                ? new SeccompFilter(program, SeccompFlags.Of(seccomp, notifies))
                : throw new SpecException("linux.seccomp", $"the filter has {program.Length / SeccompFilter.InstructionSize} instructions, and the kernel takes {SeccompFilter.MostInstructions}");
        }
        finally
        {
            seccomp_release(filter);
        }
    }

    /// <exception cref="SpecException">A system call that the libseccomp at hand does not know.</exception>
    internal static void RefuseUnknown(LinuxSeccomp seccomp)
    {
        for (var i = 0; i < seccomp.Syscalls.Count; i++)
        {
            var names = seccomp.Syscalls[i].Names;
            for (var j = 0; j < names.Count; j++)
            {
                if (seccomp_syscall_resolve_name(names[j]) == UnknownSyscall)
                {
                    throw new SpecException($"linux.seccomp.syscalls[{i}].names[{j}]", $"unknown system call \"{names[j]}\"\n  {CrunAnnotations.FailUnknownSyscall} makes that an error");
                }
            }
        }
    }

    /// <summary>The architectures that the libseccomp at hand knows.</summary>
    internal static List<string> KnownArchitectures()
    {
        var known = new List<string>();
        foreach (var name in SeccompNames.Architectures)
        {
            if (Architecture(name) != 0)
            {
                known.Add(name);
            }
        }

        return known;
    }

    /// <returns>Those that the filter knows.</returns>
    private static uint[] AddArchitectures(nint filter, LinuxSeccomp seccomp)
    {
        // The host's own is in each filter, named or not.
        var architectures = new uint[1 + seccomp.Architectures.Count];
        architectures[^1] = seccomp_arch_native();
        for (var i = 0; i < seccomp.Architectures.Count; i++)
        {
            var name = seccomp.Architectures[i];
            architectures[i] = Architecture(name);
            var result = architectures[i] == 0 ? -(int)Errno.EINVAL : seccomp_arch_add(filter, architectures[i]);
            if (result < 0 && result != -(int)Errno.EEXIST)
            {
                throw new SpecException($"linux.seccomp.architectures[{i}]", architectures[i] == 0
                    ? $"{name} is not known to the libseccomp that this executable is made with"
                    : $"{name} cannot be in one filter with {HostArchitecture}: the order of bytes is another");
            }
        }

        return architectures;
    }

    /// <summary>libseccomp's number of it, or 0.</summary>
    private static uint Architecture(string name) => seccomp_arch_resolve_name(name["SCMP_ARCH_".Length..].ToLowerInvariant());

    private static string HostArchitecture => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();

    /// <returns>Whether one of them is to notify a listener.</returns>
    private static bool AddRules(nint filter, LinuxSyscall syscall, int index, uint defaultAction)
    {
        var action = Action(syscall.Action, syscall.ErrnoRet, $"linux.seccomp.syscalls[{index}].errnoRet");
        if (action == defaultAction)
        {
            return false;
        }

        var conditions = Conditions(syscall.Args, out var repeats);
        var notifies = false;
        for (var i = 0; i < syscall.Names.Count; i++)
        {
            var number = seccomp_syscall_resolve_name(syscall.Names[i]);
            if (number == UnknownSyscall)
            {
                continue;
            }

            var result = repeats ? AddEach(filter, action, number, conditions) : Add(filter, action, number, conditions);
            if (result < 0)
            {
                throw new SpecException($"linux.seccomp.syscalls[{index}].names[{i}]",
                    $"cannot add the rule that gives {syscall.Names[i]} {syscall.Action}: {KernelException.Describe((Errno)(-result))}");
            }

            notifies |= syscall.Action == "SCMP_ACT_NOTIFY";
        }

        return notifies;
    }

    private static int Add(nint filter, uint action, int number, ReadOnlySpan<Condition> conditions)
    {
        fixed (Condition* pointer = conditions)
        {
            return seccomp_rule_add_array(filter, action, number, (uint)conditions.Length, pointer);
        }
    }

    /// <summary>Conditions on one argument twice: libseccomp takes no two of them in a rule, and each is made its own, as ever since Docker's first profiles.</summary>
    private static int AddEach(nint filter, uint action, int number, ReadOnlySpan<Condition> conditions)
    {
        var result = 0;
        for (var i = 0; i < conditions.Length && result >= 0; i++)
        {
            result = Add(filter, action, number, conditions.Slice(i, 1));
        }

        return result;
    }

    private static Condition[] Conditions(IReadOnlyList<LinuxSeccompArg> args, out bool repeats)
    {
        var conditions = new Condition[args.Count];
        Span<bool> seen = stackalloc bool[ArgumentCount];
        repeats = false;
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            repeats |= seen[(int)arg.Index];
            seen[(int)arg.Index] = true;
            conditions[i] = new Condition { Argument = arg.Index, Operator = Operator(arg.Op), First = arg.Value, Second = arg.ValueTwo };
        }

        return conditions;
    }

    private static byte[] Export(nint filter)
    {
        using var memory = SafeFd.Check(Libc.memfd_create("peapod-seccomp", Libc.MFD_CLOEXEC), "memfd_create", "peapod-seccomp");
        var result = seccomp_export_bpf(filter, memory.Number);
        if (result < 0)
        {
            throw new SpecException("linux.seccomp", $"cannot compile the filter: {KernelException.Describe((Errno)(-result))}");
        }

        Libc.lseek(memory.Number, 0, 0 /* SEEK_SET */);
        return FileSystem.ReadAllBytes(memory, "peapod-seccomp");
    }

    private static uint Action(string name, uint? errno, string field) => name switch
    {
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => 0,
        "SCMP_ACT_KILL_PROCESS" => 0x80000000,
        "SCMP_ACT_TRAP" => 0x00030000,
        "SCMP_ACT_ERRNO" => ReturnErrno | Number(errno, MostErrno, field),
        "SCMP_ACT_TRACE" => 0x7ff00000 | Number(errno, 65535, field),
        "SCMP_ACT_NOTIFY" => 0x7fc00000,
        "SCMP_ACT_LOG" => 0x7ffc0000,
        "SCMP_ACT_ALLOW" => 0x7fff0000,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static uint Number(uint? errno, uint most, string field) => errno switch
    {
        null => (uint)Errno.EPERM,
        { } value when value <= most => value,
        { } value => throw new SpecException(field, $"{value} is out of range (0 to {most})"),
    };

    private static Comparison Operator(string name) => name switch
    {
        "SCMP_CMP_NE" => Comparison.NotEqual,
        "SCMP_CMP_LT" => Comparison.Less,
        "SCMP_CMP_LE" => Comparison.LessOrEqual,
        "SCMP_CMP_EQ" => Comparison.Equal,
        "SCMP_CMP_GE" => Comparison.GreaterOrEqual,
        "SCMP_CMP_GT" => Comparison.Greater,
        "SCMP_CMP_MASKED_EQ" => Comparison.MaskedEqual,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
