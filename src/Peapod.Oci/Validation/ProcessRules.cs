namespace Peapod.Oci;

/// <summary>Rules for what a process asks for (config.md, Process).</summary>
internal static class ProcessRules
{
    public static void Check(Process process, string path)
    {
        if (process.Args.Count == 0)
        {
            throw new SpecException(Rule.Join(path, "args"), "must name a program");
        }
        Rule.NoNul(process.Args, path, "args");
        Rule.AbsolutePath(process.Cwd, Rule.Join(path, "cwd"));
        CheckEnvironment(process.Env, path);
        CheckUser(process.User, path);
        CheckConsole(process.ConsoleSize, path);
        CheckRlimits(process.Rlimits, path);
        if (process.OomScoreAdj is < -1000 or > 1000)
        {
            throw new SpecException(Rule.Join(path, "oomScoreAdj"), $"{process.OomScoreAdj} is out of range (-1000 to 1000)");
        }
        Rule.NoNul(process.ApparmorProfile, Rule.Join(path, "apparmorProfile"));
        Rule.NoNul(process.SelinuxLabel, Rule.Join(path, "selinuxLabel"));
        if (process.Scheduler is not null)
        {
            CheckScheduler(process.Scheduler, Rule.Join(path, "scheduler"));
        }
        if (process.IoPriority is not null)
        {
            CheckIoPriority(process.IoPriority, Rule.Join(path, "ioPriority"));
        }
        if (process.ExecCPUAffinity is { } affinity)
        {
            CheckCpuList(affinity.Initial, path, "execCPUAffinity.initial");
            CheckCpuList(affinity.Final, path, "execCPUAffinity.final");
        }
    }

    private static void CheckEnvironment(IReadOnlyList<string> environment, string path)
    {
        for (int i = 0; i < environment.Count; i++)
        {
            int equals = environment[i].IndexOf('=', StringComparison.Ordinal);
            string? fault = equals switch
            {
                < 0 => $"\"{environment[i]}\" has no \"=\"",
                0 => "the name before \"=\" is empty",
                _ => null,
            };
            if (fault is not null)
            {
                throw new SpecException($"{Rule.Join(path, "env")}[{i}]", fault);
            }
        }
        Rule.NoNul(environment, path, "env");
    }

    private static void CheckUser(User user, string path)
    {
        CheckId(user.Uid, path, "user.uid");
        CheckId(user.Gid, path, "user.gid");
        for (int i = 0; i < user.AdditionalGids.Count; i++)
        {
            if (user.AdditionalGids[i] == uint.MaxValue)
            {
                CheckId(uint.MaxValue, path, $"user.additionalGids[{i}]");
            }
        }
    }

    private static void CheckId(uint id, string path, string field)
    {
        // (uid_t)-1 means "leave as it is" to the kernel.
        if (id == uint.MaxValue)
        {
            throw new SpecException(Rule.Join(path, field), $"{id} is not an id that a process can have");
        }
    }

    private static void CheckConsole(ConsoleSize? size, string path)
    {
        if (size is { Height: > ushort.MaxValue } or { Width: > ushort.MaxValue })
        {
            throw new SpecException(Rule.Join(path, "consoleSize"), $"a terminal has at most {ushort.MaxValue} lines and columns");
        }
    }

    private static void CheckRlimits(IReadOnlyList<PosixRlimit> limits, string path)
    {
        uint seen = 0;
        for (int i = 0; i < limits.Count; i++)
        {
            PosixRlimit limit = limits[i];
            int number = Rlimits.Number(limit.Type);
            if (number < 0)
            {
                throw new SpecException($"{Rule.Join(path, "rlimits")}[{i}].type",
                    limit.Type.Length == 0 ? "is required" : $"unknown resource limit \"{limit.Type}\"");
            }
            if ((seen & (1u << number)) != 0)
            {
                throw new SpecException($"{Rule.Join(path, "rlimits")}[{i}].type", $"{limit.Type} is set twice");
            }
            seen |= 1u << number;
            if (limit.Soft > limit.Hard)
            {
                throw new SpecException($"{Rule.Join(path, "rlimits")}[{i}].soft", $"{limit.Soft} is above the hard limit {limit.Hard}");
            }
        }
    }

    private static void CheckScheduler(Scheduler scheduler, string path)
    {
        if (!Names.IsSchedulerPolicy(scheduler.Policy))
        {
            throw new SpecException(path + ".policy",
                scheduler.Policy.Length == 0 ? "is required" : $"unknown scheduling policy \"{scheduler.Policy}\"");
        }
        if (scheduler.Nice is < -20 or > 19)
        {
            throw new SpecException(path + ".nice", $"{scheduler.Nice} is out of range (-20 to 19)");
        }
        if (scheduler.Priority != 0 && scheduler.Policy is not ("SCHED_FIFO" or "SCHED_RR"))
        {
            throw new SpecException(path + ".priority", $"belongs to SCHED_FIFO and SCHED_RR, not to {scheduler.Policy}");
        }
        if (scheduler.Policy != "SCHED_DEADLINE" && (scheduler.Runtime | scheduler.Deadline | scheduler.Period) != 0)
        {
            string field = scheduler.Runtime != 0 ? ".runtime" : scheduler.Deadline != 0 ? ".deadline" : ".period";
            throw new SpecException(path + field, $"belongs to SCHED_DEADLINE, not to {scheduler.Policy}");
        }
        for (int i = 0; i < scheduler.Flags.Count; i++)
        {
            if (!Names.IsSchedulerFlag(scheduler.Flags[i]))
            {
                throw new SpecException($"{path}.flags[{i}]", $"unknown scheduling flag \"{scheduler.Flags[i]}\"");
            }
        }
    }

    private static void CheckIoPriority(IoPriority priority, string path)
    {
        if (!Names.IsIoPriorityClass(priority.Class))
        {
            throw new SpecException(path + ".class",
                priority.Class.Length == 0 ? "is required" : $"unknown I/O priority class \"{priority.Class}\"");
        }
        if (priority.Priority is < 0 or > 7)
        {
            throw new SpecException(path + ".priority", $"{priority.Priority} is out of range (0 to 7)");
        }
    }

    private static void CheckCpuList(string? list, string path, string field)
    {
        if (list is not null && !Rule.IsNumberList(list))
        {
            throw new SpecException(Rule.Join(path, field), $"\"{list}\" is not a list of CPUs such as \"0-3,7\"");
        }
    }
}
