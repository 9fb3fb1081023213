using System.Runtime.InteropServices;
using Peapod.Container.Notify;
using Peapod.Container.Seccomp;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>process: who the container's process is, what it may do, and what it executes.</summary>
internal static class ProcessPlan
{
    // TERMINAL_* of native/include/plan.h.
    private const ulong TerminalConsole = 1, TerminalLater = 2, TerminalRelayed = 4;

    // BIRTH_* of native/include/plan.h.
    private const ulong BirthSession = 1, BirthTerminal = 2;

    /// <summary>As under runc and crun: what the caller's happens to be is not the container's.</summary>
    private const uint DefaultUmask = 0x12; // 022

    /// <param name="isRelayed">See <see cref="PlanRequest.RelaysTerminal"/>.</param>
    internal static void AddTerminal(PlanBuilder plan, Process? process, bool bindConsole, bool isRelayed)
    {
        if (process is not { Terminal: true })
        {
            return;
        }

        plan.Init(new(PlanCode.Terminal, "process.terminal", "open a terminal in the container")
        {
            Slot = plan.Input(PlanInput.ConsoleSocket, "the console socket"),
            A = process.ConsoleSize is { } size ? ((ulong)size.Height << 16) | (uint)size.Width : 0,
            B = (bindConsole ? TerminalConsole | (plan.JoinedPid is null ? 0 : TerminalLater) : TerminalLater) | (isRelayed ? TerminalRelayed : 0),
            C = process.User.Uid,
        });
    }

    /// <summary>The process with what it is told of the sockets that are passed to it and of the one it tells its readiness to.</summary>
    internal static Process Activated(Process process, PlanRequest request)
    {
        if (request is { ListenFds: 0, NotifyFolder: null })
        {
            return process;
        }

        var environment = new List<string>(process.Env);
        if (request.ListenFds > 0)
        {
            environment.Add($"LISTEN_FDS={request.ListenFds}");
            if (Find(environment, "LISTEN_PID") is null)
            {
                // One that is given stays, as under crun: in a PID namespace with others only its author knows it.
                environment.Add("LISTEN_PID=1");
            }
        }

        if (request.NotifyFolder is not null)
        {
            environment.Add($"NOTIFY_SOCKET={NotifySocket.FolderInContainer}/{NotifySocket.Name}");
        }

        return process with { Env = environment };
    }

    internal static void AddProcess(PlanBuilder plan, Process process, ProcessContext context)
    {
        var user = process.User;
        AddLimits(plan, process, context.InUserNamespace);
        plan.Init(new(PlanCode.StdioOwner, "process.user.uid", "give the standard streams to the user") { A = user.Uid });
        if (plan.JoinedPid is { } joined)
        {
            plan.Init(new(PlanCode.Setns, joined.Field, joined.Text) { Slot = joined.Slot, A = Libc.CLONE_NEWPID, B = NamespacePlan.Rest });
        }

        // Tried by root first, who comes to more places; where root of a user namespace may not go, the user perhaps may.
        var cwd = new InitOperation(PlanCode.Cwd, "process.cwd", $"change to the working directory \"{process.Cwd}\"") { Path = process.Cwd };
        plan.Init(cwd with { A = 1 });
        var capabilities = new CapabilityPlan(plan, process.Capabilities, context.Grantable);
        plan.Init(capabilities.Bounding);
        plan.Init(Become(user, context.KeepsGroups));
        var forFilter = context.Filter is not null && !process.NoNewPrivileges ? 1UL << SeccompPlan.CapSysAdmin : 0;
        plan.Init(capabilities.Sets(forFilter));
        plan.Init(cwd with { Text = $"be in the working directory \"{process.Cwd}\"" });
        plan.Init(new(PlanCode.Umask, "process.user.umask", "set the file mode mask") { A = user.Umask ?? DefaultUmask });

        var environment = Deduplicate(process.Env);
        if (Find(environment, "HOME") is null or "")
        {
            plan.Init(new(PlanCode.Home, "process.env", "find the user's home") { A = user.Uid });
            environment.RemoveAll(static entry => entry == "HOME=");
        }

        if (process.NoNewPrivileges)
        {
            plan.Init(new(PlanCode.NoNewPrivileges, "process.noNewPrivileges", "give up gaining privileges"));
        }

        var name = process.Args[0];
        plan.Init(new(PlanCode.FindExecutable, "process.args[0]", $"find the executable \"{name}\"") { Path = name, Source = Find(environment, "PATH") ?? "" });
        if (context.First is null)
        {
            AddSession(plan, process, context);
        }

        var waits = context.First is { WaitsForStart: true };
        var fifo = waits ? plan.Input(PlanInput.StartFifo, "the start fifo") : null;
        var report = waits ? plan.Input(PlanInput.StartReport, "the report of a failed start") : null;
        if (context.IsBornLate && capabilities.OfNewborn(user.Uid == 0, forFilter) is { } left)
        {
            plan.Init(left);
        }

        SeccompPlan.AddHold(plan, context.Filter, process, context.IsBornLate);
        plan.Init(new(PlanCode.CloseFds, "", "close what is not the process's") { Slot = fifo, SecondSlot = report, B = (ulong)context.PreserveFds, C = HookPlan.OutputsOf(plan) });
        var keepsAdmin = context.IsBornLate ? capabilities.NewbornKeeps(SeccompPlan.CapSysAdmin, user.Uid == 0) : capabilities.Keeps(SeccompPlan.CapSysAdmin);
        SeccompPlan.Add(plan, context.Filter, process.NoNewPrivileges, keepsAdmin);
        if (context.IsBornLate)
        {
            AddBirth(plan, process, context.Filter);
        }

        if (waits)
        {
            plan.Init(new(PlanCode.WaitStart, "", "wait for start") { Slot = fifo, SecondSlot = report, B = context.IsBornLate ? 0 : (ulong)InitStage.Ready });
        }
        else if (!context.IsBornLate)
        {
            plan.Init(new(PlanCode.Sync, "", "report") { A = (ulong)InitStage.Ready });
        }

        if (context.First is { } request)
        {
            HookPlan.AddStart(plan, request, environment);
        }

        plan.Init(new(PlanCode.Exec, "process.args[0]", $"execute \"{name}\"") { Path = name, List = process.Args, Environment = environment });
    }

    /// <summary>Out of the caller's session, and into one that is the process's own unless it is born later: then it begins another one.</summary>
    private static void AddSession(PlanBuilder plan, Process process, ProcessContext context)
    {
        plan.Init(new(PlanCode.Setsid, "", "begin a session") { A = process.Terminal == true && !context.IsBornLate ? 1u : 0u });
        if (process.Scheduler is { } scheduler && !context.IsBornLate)
        {
            plan.Init(SchedulingPlan.Schedule(scheduler) with { Code = PlanCode.Sync, Bytes = default, A = (ulong)InitStage.Scheduler });
        }
    }

    /// <summary>A session, and its terminal, are begun by the newborn itself, and so only where the filter lets it.</summary>
    private static void AddBirth(PlanBuilder plan, Process process, SeccompFilter? filter)
    {
        var session = filter is null || FilterAnswer.Allows(filter, InitCall.SetSid);
        var terminal = session && process.Terminal == true && (filter is null || FilterAnswer.Allows(filter, InitCall.SetTerminal));
        plan.Init(new(PlanCode.Birth, "", "be born into the container's PID namespace")
        {
            A = (session ? BirthSession : 0) | (terminal ? BirthTerminal : 0),
            B = (ulong)InitStage.Born,
        });
    }

    private static void AddLimits(PlanBuilder plan, Process process, bool byParent)
    {
        if (byParent && process.Rlimits.Count > 0)
        {
            plan.Init(new(PlanCode.Sync, "process.rlimits", "have the resource limits set") { A = (ulong)InitStage.Limits });
            return;
        }

        for (var i = 0; i < process.Rlimits.Count; i++)
        {
            plan.Init(Limit(process.Rlimits[i], i));
        }
    }

    internal static InitOperation Limit(PosixRlimit limit, int index)
    {
        if (Rlimits.Number(limit.Type) is not (>= 0 and var resource))
        {
            throw new SpecException($"process.rlimits[{index}].type", $"unknown resource limit \"{limit.Type}\"");
        }

        return new(PlanCode.Rlimit, $"process.rlimits[{index}]", $"set {limit.Type} to {limit.Soft}:{limit.Hard}")
        {
            A = (ulong)resource,
            B = limit.Soft,
            C = limit.Hard,
        };
    }

    private static InitOperation Become(User user, bool keepsGroups)
    {
        var groups = user.AdditionalGids;
        var bytes = new byte[groups.Count * sizeof(uint)];
        for (var i = 0; i < groups.Count; i++)
        {
            MemoryMarshal.Write(bytes.AsSpan(i * sizeof(uint)), groups[i]);
        }

        return new(PlanCode.User, "process.user", $"become user {user.Uid}, group {user.Gid}")
        {
            A = user.Uid,
            B = user.Gid,
            C = (ulong)groups.Count,
            Bytes = bytes,
            Source = keepsGroups ? "" : null,
        };
    }

    /// <summary>The environment with each name once: the last value, at the first one's place, as runc has it.</summary>
    private static List<string> Deduplicate(IReadOnlyList<string>? environment)
    {
        var result = new List<string>((environment?.Count ?? 0) + 1);
        for (var i = 0; i < (environment?.Count ?? 0); i++)
        {
            var entry = environment![i];
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            var name = entry.AsSpan(0, equals < 0 ? entry.Length : equals + 1);
            var known = -1;
            for (var j = 0; j < result.Count && known < 0; j++)
            {
                known = result[j].AsSpan().StartsWith(name) ? j : -1;
            }

            if (known < 0)
            {
                result.Add(entry);
            }
            else
            {
                result[known] = entry;
            }
        }

        return result;
    }

    private static string? Find(List<string> environment, string name)
    {
        foreach (var entry in environment)
        {
            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name, StringComparison.Ordinal))
            {
                return entry[(name.Length + 1)..];
            }
        }

        return null;
    }
}
