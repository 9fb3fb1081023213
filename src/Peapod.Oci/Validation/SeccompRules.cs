namespace Peapod.Oci;

/// <summary>Rules for the system call filter (config-linux.md, Seccomp).</summary>
internal static class SeccompRules
{
    public static void Check(LinuxSeccomp seccomp)
    {
        CheckAction(seccomp.DefaultAction, "linux.seccomp.defaultAction");
        if (seccomp.DefaultAction == "SCMP_ACT_NOTIFY")
        {
            throw new SpecException("linux.seccomp.defaultAction", "SCMP_ACT_NOTIFY cannot be the default: the runtime itself would wait for it");
        }
        if (seccomp.DefaultErrnoRet is not null && !TakesErrno(seccomp.DefaultAction))
        {
            throw new SpecException("linux.seccomp.defaultErrnoRet", $"{seccomp.DefaultAction} has no errno");
        }
        for (int i = 0; i < seccomp.Architectures.Count; i++)
        {
            if (!SeccompNames.IsArchitecture(seccomp.Architectures[i]))
            {
                throw new SpecException($"linux.seccomp.architectures[{i}]", $"unknown architecture \"{seccomp.Architectures[i]}\"");
            }
        }
        for (int i = 0; i < (seccomp.Flags?.Count ?? 0); i++)
        {
            if (!SeccompNames.IsFlag(seccomp.Flags![i]))
            {
                throw new SpecException($"linux.seccomp.flags[{i}]", $"unknown filter flag \"{seccomp.Flags![i]}\"");
            }
        }
        Rule.NoNul(seccomp.ListenerPath, "linux.seccomp.listenerPath");
        for (int i = 0; i < seccomp.Syscalls.Count; i++)
        {
            CheckSyscall(seccomp, seccomp.Syscalls[i], i);
        }
    }

    private static void CheckSyscall(LinuxSeccomp seccomp, LinuxSyscall syscall, int index)
    {
        if (syscall.Names.Count == 0)
        {
            throw new SpecException($"linux.seccomp.syscalls[{index}].names", "must name a system call");
        }
        for (int i = 0; i < syscall.Names.Count; i++)
        {
            if (syscall.Names[i].Length == 0 || syscall.Names[i].Contains('\0'))
            {
                throw new SpecException($"linux.seccomp.syscalls[{index}].names[{i}]", "is not the name of a system call");
            }
        }
        if (!SeccompNames.IsAction(syscall.Action))
        {
            CheckAction(syscall.Action, $"linux.seccomp.syscalls[{index}].action");
        }
        if (syscall.Action == "SCMP_ACT_NOTIFY")
        {
            CheckNotify(seccomp, syscall, index);
        }
        if (syscall.ErrnoRet is not null && !TakesErrno(syscall.Action))
        {
            throw new SpecException($"linux.seccomp.syscalls[{index}].errnoRet", $"{syscall.Action} has no errno");
        }
        for (int i = 0; i < syscall.Args.Count; i++)
        {
            LinuxSeccompArg arg = syscall.Args[i];
            if (arg.Index > 5)
            {
                throw new SpecException($"linux.seccomp.syscalls[{index}].args[{i}].index", $"{arg.Index} is out of range (0 to 5)");
            }
            if (!SeccompNames.IsOperator(arg.Op))
            {
                throw new SpecException($"linux.seccomp.syscalls[{index}].args[{i}].op",
                    arg.Op.Length == 0 ? "is required" : $"unknown comparison \"{arg.Op}\"");
            }
        }
    }

    private static void CheckNotify(LinuxSeccomp seccomp, LinuxSyscall syscall, int index)
    {
        if (string.IsNullOrEmpty(seccomp.ListenerPath))
        {
            throw new SpecException("linux.seccomp.listenerPath", "is required for SCMP_ACT_NOTIFY");
        }
        for (int i = 0; i < syscall.Names.Count; i++)
        {
            if (syscall.Names[i] == "write")
            {
                throw new SpecException($"linux.seccomp.syscalls[{index}].names[{i}]",
                    "SCMP_ACT_NOTIFY cannot be used for write: the runtime itself would wait for it");
            }
        }
    }

    private static void CheckAction(string action, string field)
    {
        if (!SeccompNames.IsAction(action))
        {
            throw new SpecException(field, action.Length == 0 ? "is required" : $"unknown action \"{action}\"");
        }
    }

    private static bool TakesErrno(string action) => action is "SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE";
}
