using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>
/// process.apparmorProfile, process.selinuxLabel and linux.mountLabel. A process writes the label of its next exec into its own
/// attributes in procfs: one that the parent makes for this and attaches nowhere, never the one that the container has mounted.
/// </summary>
internal static class LabelPlan
{
    private const string Exec = "thread-self/attr/exec", KeyCreate = "thread-self/attr/keycreate", AppArmorExec = "thread-self/attr/apparmor/exec";

    /// <summary>Before the session keyring is made: it has its process's label.</summary>
    internal static void AddKeyring(PlanBuilder plan, Process? process)
    {
        if (process?.SelinuxLabel is { Length: > 0 } label)
        {
            const string field = "process.selinuxLabel";
            var text = $"label keyrings \"{label}\"";
            plan.Host(new RequireModuleStep(field, $"use the label \"{label}\"", SecurityModule.SELinux));
            Add(plan, field, text, KeyCreate, label);
        }
    }

    /// <summary>While nothing keeps the process from writing yet.</summary>
    internal static void AddProcess(PlanBuilder plan, Process process)
    {
        if (process.ApparmorProfile is { Length: > 0 } profile)
        {
            const string field = "process.apparmorProfile";
            plan.Host(new RequireModuleStep(field, $"use the profile \"{profile}\"", SecurityModule.AppArmor));
            Add(plan, field, $"execute under the profile \"{profile}\"", AppArmorExec, $"exec {profile}");
        }

        if (process.SelinuxLabel is { Length: > 0 } label)
        {
            Add(plan, "process.selinuxLabel", $"execute under the label \"{label}\"", Exec, label);
        }
    }

    internal static void AddMounts(PlanBuilder plan, string? label)
    {
        if (!string.IsNullOrEmpty(label))
        {
            plan.Host(new RequireModuleStep("linux.mountLabel", $"use the label \"{label}\"", SecurityModule.SELinux));
        }
    }

    private static void Add(PlanBuilder plan, string field, string text, string path, string label)
    {
        var slot = plan.Slot($"a procfs for {field}");
        plan.Host(new OpenProcStep(field, "make a procfs to write the label through", slot));
        plan.Init(new(PlanCode.Label, field, text) { Slot = slot, Path = path, Data = label });
    }
}
