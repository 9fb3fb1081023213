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
        UnsupportedFields.Refuse(spec);
        var plan = new PlanBuilder();
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
        ProcessPlan.AddTerminal(plan, spec.Process, bindConsole: true);
        RootPlan.AddFinish(plan, request, late);
        AddKeyring(plan, request.NoNewKeyring ? null : request.Id);

        var filter = spec.Linux?.Seccomp is { } seccomp ? request.CompileFilter(seccomp) : null;
        if (request.Pauses)
        {
            AddPause(plan, filter);
        }
        else
        {
            SchedulingPlan.Add(plan, spec, spec.Process!);
            ProcessPlan.AddProcess(plan, ProcessPlan.Activated(spec.Process!, request), filter, request.ListenFds + request.PreserveFds, request.WaitsForStart, NamespacePlan.Has(spec, Libc.CLONE_NEWUSER), request);
        }

        return plan.Build();
    }

    /// <summary>The plan of one more process in a running container, which is brought as <see cref="PlanInput.JoinedProcess"/>.</summary>
    /// <param name="container">The container's configuration.</param>
    /// <param name="process">What is executed.</param>
    /// <param name="keyringOf">The container's id, whose session keyring is joined; null leaves the caller's.</param>
    /// <param name="preserveFds">How many descriptors after the standard streams the process keeps.</param>
    /// <param name="compileFilter">Compiles the container's system call filter.</param>
    internal static Plan CompileExec(Spec container, Process process, string? keyringOf, int preserveFds, Func<LinuxSeccomp, SeccompFilter> compileFilter)
    {
        UnsupportedFields.Refuse(process);
        var plan = new PlanBuilder();
        NamespacePlan.AddJoin(plan, container);
        plan.Init(new(PlanCode.Setsid, "", "begin a session"));
        plan.Init(new(PlanCode.UseRoot, "", "open the container's root") { Path = "/" });
        ProcessPlan.AddTerminal(plan, process, bindConsole: false);
        AddKeyring(plan, keyringOf);
        SchedulingPlan.Add(plan, container, process);
        ProcessPlan.AddProcess(plan, process, container.Linux?.Seccomp is { } seccomp ? compileFilter(seccomp) : null, preserveFds, waitsForStart: false, NamespacePlan.Has(container, Libc.CLONE_NEWUSER));
        return plan.Build();
    }

    private static void AddKeyring(PlanBuilder plan, string? id)
    {
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
        if (filter is not null)
        {
            SeccompPlan.Add(plan, filter, process: null);
        }

        plan.Init(new(PlanCode.Sync, "", "report") { A = (ulong)Spawning.InitStage.Ready });
        plan.Init(new(PlanCode.Pause, "", "hold the sandbox's namespaces"));
    }
}
