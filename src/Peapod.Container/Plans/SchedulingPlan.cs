using System.Numerics;
using System.Runtime.InteropServices;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>process.scheduler, process.ioPriority, linux.personality and linux.memoryPolicy, set while the process still has the rights to.</summary>
internal static class SchedulingPlan
{
    private const int AttributesSize = 48; // SCHED_ATTR_SIZE_VER0
    private const ulong LINUX32 = 8;

    /// <param name="plan">The plan.</param>
    /// <param name="spec">The container's configuration, whose personality and memory policy every process has.</param>
    /// <param name="process">The process.</param>
    /// <param name="isBornLate">It is not the one that does the plan, but its child.</param>
    internal static void Add(PlanBuilder plan, Spec spec, Process process, bool isBornLate)
    {
        if (process.Scheduler is { } scheduler && !isBornLate)
        {
            plan.Init(Schedule(scheduler));
        }

        AddInherited(plan, spec, process);
    }

    internal static InitOperation Schedule(Scheduler scheduler) =>
        new(PlanCode.Scheduler, "process.scheduler", $"schedule by {scheduler.Policy}") { Bytes = Attributes(scheduler) };

    /// <summary>What a child has from its parent: all but the policy, which may say that a child has another one, or that there can be no child.</summary>
    internal static void AddInherited(PlanBuilder plan, Spec spec, Process process)
    {
        if (process.IoPriority is { } priority)
        {
            plan.Init(new(PlanCode.IoPriority, "process.ioPriority", $"set the I/O priority to {priority.Class} {priority.Priority}")
            {
                A = (ClassNumber(priority.Class) << 13) | (uint)priority.Priority,
            });
        }

        if (spec.Linux?.Personality is { } personality)
        {
            plan.Init(new(PlanCode.Personality, "linux.personality", $"be in the execution domain {personality.Domain}")
            {
                A = personality.Domain == "LINUX32" ? LINUX32 : 0,
            });
        }

        if (spec.Linux?.MemoryPolicy is { } policy)
        {
            AddMemoryPolicy(plan, policy);
        }
    }

    /// <summary>process.execCPUAffinity.final: the process is in the container's cgroup from its first moment on.</summary>
    internal static void AddAffinity(PlanBuilder plan, Process process)
    {
        if (process.ExecCPUAffinity?.Final is { Length: > 0 } list)
        {
            const string field = "process.execCPUAffinity.final";
            var bits = NumberSet.Parse(list, field);
            plan.Init(new(PlanCode.Affinity, field, $"run on the CPUs {list}") { A = (ulong)bits.Length, Bytes = bits });
        }
    }

    private static void AddMemoryPolicy(PlanBuilder plan, LinuxMemoryPolicy policy)
    {
        var nodes = NodesOf(policy);
        var mode = ModeNumber(policy.Mode);
        for (var i = 0; i < policy.Flags.Count; i++)
        {
            mode |= ModeFlag(policy.Flags[i], i);
        }

        plan.Init(new(PlanCode.MemoryPolicy, "linux.memoryPolicy", $"set the memory policy {policy.Mode}{(nodes.Length > 0 ? $" on the nodes {policy.Nodes}" : "")}")
        {
            A = mode,
            B = (ulong)nodes.Length * 8,
            Bytes = nodes,
        });
    }

    private static byte[] NodesOf(LinuxMemoryPolicy policy)
    {
        const string field = "linux.memoryPolicy.nodes";
        if (string.IsNullOrEmpty(policy.Nodes))
        {
            return [];
        }

        byte[] nodes;
        try
        {
            nodes = NumberSet.Parse(policy.Nodes, field);
        }
        catch (SpecException e)
        {
            throw new SpecException(field, $"invalid memory policy node: {e.Reason}");
        }

        if (policy.Mode is "MPOL_DEFAULT" or "MPOL_LOCAL")
        {
            var count = 0;
            foreach (var bits in nodes)
            {
                count += BitOperations.PopCount(bits);
            }

            throw new SpecException(field, $"invalid memory policy: mode requires 0 nodes but got {count}");
        }

        return nodes;
    }

    /// <summary>linux/mempolicy.h.</summary>
    private static ulong ModeNumber(string mode) => mode switch
    {
        "MPOL_DEFAULT" => 0,
        "MPOL_PREFERRED" => 1,
        "MPOL_BIND" => 2,
        "MPOL_INTERLEAVE" => 3,
        "MPOL_LOCAL" => 4,
        "MPOL_PREFERRED_MANY" => 5,
        "MPOL_WEIGHTED_INTERLEAVE" => 6,
        _ => throw new SpecException("linux.memoryPolicy.mode", $"unknown memory policy \"{mode}\""),
    };

    private static ulong ModeFlag(string flag, int index) => flag switch
    {
        "MPOL_F_NUMA_BALANCING" => 1 << 13,
        "MPOL_F_RELATIVE_NODES" => 1 << 14,
        "MPOL_F_STATIC_NODES" => 1 << 15,
        _ => throw new SpecException($"linux.memoryPolicy.flags[{index}]", $"unknown memory policy flag \"{flag}\""),
    };

    /// <summary>struct sched_attr, sched_setattr(2).</summary>
    private static byte[] Attributes(Scheduler scheduler)
    {
        var flags = 0UL;
        for (var i = 0; i < scheduler.Flags.Count; i++)
        {
            flags |= Flag(scheduler.Flags[i]);
        }

        var bytes = new byte[AttributesSize];
        MemoryMarshal.Write(bytes, AttributesSize);
        MemoryMarshal.Write(bytes.AsSpan(4), PolicyNumber(scheduler.Policy));
        MemoryMarshal.Write(bytes.AsSpan(8), flags);
        MemoryMarshal.Write(bytes.AsSpan(16), scheduler.Nice);
        MemoryMarshal.Write(bytes.AsSpan(20), scheduler.Priority);
        MemoryMarshal.Write(bytes.AsSpan(24), scheduler.Runtime);
        MemoryMarshal.Write(bytes.AsSpan(32), scheduler.Deadline);
        MemoryMarshal.Write(bytes.AsSpan(40), scheduler.Period);
        return bytes;
    }

    private static uint PolicyNumber(string policy) => policy switch
    {
        "SCHED_OTHER" => 0,
        "SCHED_FIFO" => 1,
        "SCHED_RR" => 2,
        "SCHED_BATCH" => 3,
        "SCHED_ISO" => 4,
        "SCHED_IDLE" => 5,
        "SCHED_DEADLINE" => 6,
        _ => throw new SpecException("process.scheduler.policy", $"unknown scheduling policy \"{policy}\""),
    };

    private static ulong Flag(string name) => name switch
    {
        "SCHED_FLAG_RESET_ON_FORK" => 0x01,
        "SCHED_FLAG_RECLAIM" => 0x02,
        "SCHED_FLAG_DL_OVERRUN" => 0x04,
        "SCHED_FLAG_KEEP_POLICY" => 0x08,
        "SCHED_FLAG_KEEP_PARAMS" => 0x10,
        "SCHED_FLAG_UTIL_CLAMP_MIN" => 0x20,
        "SCHED_FLAG_UTIL_CLAMP_MAX" => 0x40,
        _ => throw new SpecException("process.scheduler.flags", $"unknown scheduling flag \"{name}\""),
    };

    private static ulong ClassNumber(string name) => name switch
    {
        "IOPRIO_CLASS_RT" => 1,
        "IOPRIO_CLASS_BE" => 2,
        "IOPRIO_CLASS_IDLE" => 3,
        _ => throw new SpecException("process.ioPriority.class", $"unknown I/O priority class \"{name}\""),
    };
}
