using Peapod.Container.Seccomp;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>Turns a configuration into the plan that makes its container. Pure: nothing of the system is read or changed.</summary>
public static class PlanCompiler
{
    /// <exception cref="SpecException">A field of the configuration cannot be done; its path and why.</exception>
    public static Plan Compile(PlanRequest request)
    {
        var spec = request.Spec;
        var plan = new PlanBuilder();
        if (spec.Linux?.IntelRdt is { } rdt)
        {
            var text = string.IsNullOrEmpty(rdt.ClosID) ? $"make the resctrl group \"{request.Id}\"" : $"use the resctrl group \"{rdt.ClosID}\"";
            plan.Host(new MakeResctrlGroupStep("linux.intelRdt", text, rdt, request.Id));
        }

        if (spec.Linux is { UidMappings.Count: > 0 } or { GidMappings.Count: > 0 } && !NamespacePlan.Has(spec, Libc.CLONE_NEWUSER))
        {
            plan.Warn(new SpecException(spec.Linux.UidMappings.Count > 0 ? "linux.uidMappings" : "linux.gidMappings", "not used: there is no user namespace in linux.namespaces"));
        }

        NamespacePlan.AddInit(plan, spec);
        if (spec.Hostname is { Length: > 0 } hostname)
        {
            plan.Init(new(PlanCode.Hostname, "hostname", $"set the host name \"{hostname}\"") { Data = hostname });
        }

        if (spec.Domainname is { Length: > 0 } domainname)
        {
            plan.Init(new(PlanCode.Domainname, "domainname", $"set the domain name \"{domainname}\"") { Data = domainname });
        }

        var late = RootPlan.AddInit(plan, request);
        HookPlan.AddCreate(plan, request);
        ProcessPlan.AddTerminal(plan, spec.Process, bindConsole: true, request.RelaysTerminal);
        RootPlan.AddFinish(plan, request, late);
        AddKeyring(plan, request.NoNewKeyring ? null : request.Id, request.Pauses ? null : spec.Process);

        var filter = SeccompPlan.Filter(spec, request.CompileFilter);
        if (request.Pauses)
        {
            AddPause(plan, filter);
        }
        else
        {
            SchedulingPlan.Add(plan, spec, spec.Process!, isBornLate: plan.JoinedPid is not null);
            LabelPlan.AddProcess(plan, spec.Process!);
            ProcessPlan.AddProcess(plan, ProcessPlan.Activated(spec.Process!, request), Context(spec, request.Grantable) with
            {
                Filter = filter,
                PreserveFds = request.ListenFds + request.PreserveFds,
                IsBornLate = plan.JoinedPid is not null,
                First = request,
            });
        }

        return plan.Build();
    }

    /// <summary>The plan of one more process in a running container.</summary>
    /// <exception cref="SpecException">A field of the process that cannot be done; its path and why.</exception>
    public static Plan CompileExec(ExecPlanRequest request)
    {
        var (container, process) = (request.Container, request.Process);
        var filter = SeccompPlan.Filter(container, request.CompileFilter);
        var plan = new PlanBuilder();
        SchedulingPlan.AddAffinity(plan, process);
        NamespacePlan.AddJoin(plan, container);
        RootPlan.AddJoin(plan, container);
        ProcessPlan.AddTerminal(plan, process, bindConsole: false, request.RelaysTerminal);
        AddKeyring(plan, request.KeyringOf, process);
        SchedulingPlan.AddInherited(plan, container, process);
        LabelPlan.AddProcess(plan, process);
        ProcessPlan.AddProcess(plan, process, Context(container, request.Grantable) with
        {
            Filter = filter,
            PreserveFds = request.PreserveFds,
            IsBornLate = NamespacePlan.Has(container, Libc.CLONE_NEWPID),
        });
        return plan.Build();
    }

    private static ProcessContext Context(Spec container, ulong grantable)
    {
        var inUserNamespace = NamespacePlan.Has(container, Libc.CLONE_NEWUSER);
        return new()
        {
            InUserNamespace = inUserNamespace,
            Grantable = inUserNamespace ? ulong.MaxValue : grantable,
            KeepsGroups = CrunAnnotations.IsOn(container, CrunAnnotations.KeepOriginalGroups),
        };
    }

    private static void AddKeyring(PlanBuilder plan, string? id, Process? process)
    {
        LabelPlan.AddKeyring(plan, process);
        if (id is not null)
        {
            var name = $"_ses.{id}";
            plan.Init(new(PlanCode.Keyring, "", $"join the session keyring \"{name}\"") { Data = name });
        }
    }

    private static void AddPause(PlanBuilder plan, SeccompFilter? filter)
    {
        plan.Init(new(PlanCode.Bounding, "", "drop the bounding set"));
        plan.Init(new(PlanCode.Capabilities, "", "drop all capabilities") { Bytes = new byte[sizeof(ulong)] });
        plan.Init(new(PlanCode.NoNewPrivileges, "", "give up gaining privileges"));
        SeccompPlan.Add(plan, filter, noNewPrivileges: true, keepsAdmin: false);
        plan.Init(new(PlanCode.Sync, "", "report") { A = (ulong)InitStage.Ready });
        plan.Init(new(PlanCode.Pause, "", "hold the sandbox's namespaces"));
    }
}
