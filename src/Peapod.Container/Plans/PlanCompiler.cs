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

        RootPlan.AddInit(plan, request);
        ProcessPlan.AddTerminal(plan, spec.Process, bindConsole: true);
        RootPlan.AddFinish(plan, request);
        if (!request.NoNewKeyring)
        {
            var name = $"_ses.{request.Id}";
            plan.Init(new(PlanCode.Keyring, "", $"join the session keyring \"{name}\"") { Data = name });
        }

        if (request.Pauses)
        {
            AddPause(plan);
        }
        else
        {
            ProcessPlan.AddProcess(plan, spec.Process!, request.PreserveFds, request.WaitsForStart);
        }

        return plan.Build();
    }

    /// <summary>The plan of one more process in a running container, which is brought as <see cref="PlanInput.JoinedProcess"/>.</summary>
    public static Plan CompileExec(Spec container, Process process, int preserveFds)
    {
        UnsupportedFields.Refuse(process);
        var plan = new PlanBuilder();
        NamespacePlan.AddJoin(plan, container);
        plan.Init(new(PlanCode.Setsid, "", "begin a session"));
        plan.Init(new(PlanCode.UseRoot, "", "open the container's root") { Path = "/" });
        ProcessPlan.AddTerminal(plan, process, bindConsole: false);
        ProcessPlan.AddProcess(plan, process, preserveFds, waitsForStart: false);
        return plan.Build();
    }

    private static void AddPause(PlanBuilder plan)
    {
        plan.Init(new(PlanCode.Bounding, "", "drop the bounding set"));
        plan.Init(new(PlanCode.Capabilities, "", "drop all capabilities") { Bytes = new byte[sizeof(ulong)] });
        plan.Init(new(PlanCode.NoNewPrivileges, "", "give up gaining privileges"));
        plan.Init(new(PlanCode.Sync, "", "report") { A = (ulong)Spawning.InitStage.Ready });
        plan.Init(new(PlanCode.Pause, "", "hold the sandbox's namespaces"));
    }
}
