using System.Runtime.InteropServices;
using System.Text;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>
/// process.capabilities. What cannot be granted is left out and warned of, as the runtime-spec has it (config.md, Linux Process): a
/// caller that asks for everything it knows still gets its container on a host that has less.
/// </summary>
internal sealed class CapabilityPlan
{
    private const string Field = "process.capabilities";

    private readonly ulong bounding;
    private readonly ulong effective;
    private readonly ulong permitted;
    private readonly ulong inheritable;
    private readonly ulong ambient;

    /// <param name="plan">Takes the warnings.</param>
    /// <param name="sets">What is asked for; null for nothing.</param>
    /// <param name="grantable">What the runtime itself has, a bit for each.</param>
    internal CapabilityPlan(PlanBuilder plan, LinuxCapabilities? sets, ulong grantable)
    {
        bounding = Mask(plan, sets?.Bounding, "bounding");
        permitted = Mask(plan, sets?.Permitted, "permitted");
        effective = Mask(plan, sets?.Effective, "effective");
        inheritable = Mask(plan, sets?.Inheritable, "inheritable");
        ambient = Mask(plan, sets?.Ambient, "ambient");
        LeaveOut(plan, Field, (bounding | permitted | effective | inheritable | ambient) & ~grantable, "the runtime does not have them itself");
        bounding &= grantable;
        permitted &= grantable;
        effective = Keep(plan, "effective", effective & grantable, permitted, "they are not permitted");
        inheritable = Keep(plan, "inheritable", inheritable & grantable, bounding, "they are not in the bounding set");

        // No warning: buildah, for one, always names all of them and makes none inheritable.
        ambient &= permitted & inheritable;
    }

    internal InitOperation Bounding => new(PlanCode.Bounding, $"{Field}.bounding", "drop capabilities from the bounding set") { A = bounding };

    /// <param name="also">What stays permitted besides, until it has served.</param>
    internal InitOperation Sets(ulong also)
    {
        var bytes = new byte[sizeof(ulong)];
        MemoryMarshal.Write(bytes, ambient);
        return new(PlanCode.Capabilities, Field, "set the capabilities") { A = effective, B = permitted | also, C = inheritable, Bytes = bytes };
    }

    /// <summary>
    /// The sets of a process that others may take before it executes: no more than an exec leaves it, which is the bounding set of root and
    /// the ambient set of anybody else (capabilities(7)). Null when they are these already.
    /// </summary>
    /// <param name="isRoot">It has the user id 0.</param>
    /// <param name="also">What stays permitted besides, until it has served.</param>
    internal InitOperation? OfNewborn(bool isRoot, ulong also)
    {
        var left = LeftByExec(isRoot);
        return (permitted & ~left) == 0 ? null : Sets(also) with { Text = "keep the capabilities that an exec leaves", A = effective & left, B = (permitted & left) | also };
    }

    /// <summary>Whether that process keeps a capability.</summary>
    internal bool NewbornKeeps(int capability, bool isRoot) => (permitted & LeftByExec(isRoot) & (1UL << capability)) != 0;

    /// <summary>Whether a process that nobody can take before it executes keeps a capability.</summary>
    internal bool Keeps(int capability) => (permitted & (1UL << capability)) != 0;

    private ulong LeftByExec(bool isRoot) => isRoot ? bounding | inheritable : ambient;

    private static ulong Keep(PlanBuilder plan, string set, ulong asked, ulong possible, string reason)
    {
        LeaveOut(plan, $"{Field}.{set}", asked & ~possible, reason);
        return asked & possible;
    }

    private static void LeaveOut(PlanBuilder plan, string field, ulong mask, string reason)
    {
        if (mask == 0)
        {
            return;
        }

        var names = new StringBuilder();
        for (var number = 0; number <= Capabilities.Last; number++)
        {
            if ((mask >> number & 1) != 0)
            {
                names.Append(names.Length > 0 ? ", " : "").Append(Capabilities.Name(number));
            }
        }

        plan.Warn(new SpecException(field, $"left out, because {reason}: {names}"));
    }

    private static ulong Mask(PlanBuilder plan, IReadOnlyList<string>? names, string set)
    {
        var mask = 0UL;
        for (var i = 0; i < (names?.Count ?? 0); i++)
        {
            if (Capabilities.Number(names![i]) is >= 0 and var number)
            {
                mask |= 1UL << number;
            }
            else
            {
                plan.Warn(new SpecException($"{Field}.{set}[{i}]", $"left out: unknown capability \"{names[i]}\""));
            }
        }

        return mask;
    }
}
