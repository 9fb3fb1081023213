using System.Text;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>
/// hooks: the stage at which the runtime runs its own, and those that init runs in the container's namespaces. An environment
/// that a hook does not give is inherited, as runc and crun have it: the runtime's, or in the container its process's.
/// </summary>
internal static class HookPlan
{
    /// <summary>When everything is mounted and "/" is still the host's.</summary>
    internal static void AddCreate(PlanBuilder plan, PlanRequest request)
    {
        if (request.Spec.Hooks is not { } hooks)
        {
            return;
        }

        if (hooks.Prestart.Count + hooks.CreateRuntime.Count > 0)
        {
            var text = new StringBuilder("have the runtime's hooks run");
            Append(text, hooks.Prestart);
            Append(text, hooks.CreateRuntime);
            plan.Init(new(PlanCode.Sync, hooks.CreateRuntime.Count > 0 ? "hooks.createRuntime" : "hooks.prestart", text.ToString()) { A = (ulong)InitStage.Hooks });
        }

        if (hooks.CreateContainer.Count + hooks.StartContainer.Count > 0)
        {
            plan.HookOutput = OpenLog(plan, request, CrunAnnotations.HooksOutput);
            plan.HookError = OpenLog(plan, request, CrunAnnotations.HooksError);
        }

        Add(plan, request, hooks.CreateContainer, "createContainer", "creating", request.Spec.Process?.Env ?? []);
    }

    /// <summary>For what closes descriptors before the last hooks run: HOOK_* of native/include/plan.h.</summary>
    internal static ulong OutputsOf(PlanBuilder plan) =>
        (plan.HookOutput is { } output ? ((ulong)output.Index + 1) << 8 : 0) | (plan.HookError is { } error ? ((ulong)error.Index + 1) << 20 : 0);

    private static PlanSlot? OpenLog(PlanBuilder plan, PlanRequest request, string annotation)
    {
        if (CrunAnnotations.Find(request.Spec.Annotations, annotation) is not { } file)
        {
            return null;
        }

        var path = RootPlan.Resolve(request.Bundle, file);
        var slot = plan.Slot(annotation);
        plan.Host(new OpenLogStep(CrunAnnotations.FieldOf(annotation), $"open \"{path}\"", slot, path));
        return slot;
    }

    /// <summary>When the process has its identity and was started, right before it executes.</summary>
    internal static void AddStart(PlanBuilder plan, PlanRequest request, IReadOnlyList<string> environment)
    {
        if (request.Spec.Hooks is { } hooks)
        {
            Add(plan, request, hooks.StartContainer, "startContainer", "created", environment);
        }
    }

    internal static string FieldOf(string kind, int index) => $"hooks.{kind}[{index}]";

    /// <summary>runc's words for the failure of a hook, by its field.</summary>
    internal static string FailureOf(string field)
    {
        var bracket = field.IndexOf('[', StringComparison.Ordinal);
        return $"error running {field["hooks.".Length..bracket]} hook #{field[(bracket + 1)..^1]}: ";
    }

    internal static string TextOf(Hook hook) => $"run the hook \"{hook.Path}\"";

    internal static IReadOnlyList<string> Args(Hook hook) => hook.Args.Count > 0 ? hook.Args : [hook.Path];

    /// <summary>The container's state as a hook reads it.</summary>
    internal static Oci.State StateOf(string id, string bundle, Spec spec, string status, int pid) => new()
    {
        OciVersion = DefaultSpec.OciVersion,
        Id = id,
        Status = status,
        Pid = pid,
        Bundle = bundle,
        Annotations = spec.Annotations,
    };

    /// <summary>The words of native/init/hook.c.</summary>
    /// <param name="end">How the hook ended.</param>
    /// <param name="timeout">The seconds that it had, when it was killed after them.</param>
    internal static string Describe(ExitStatus end, int? timeout) => timeout is { } seconds
        ? $"did not end within {seconds} {(seconds == 1 ? "second" : "seconds")}"
        : end.Signal != 0 ? $"was killed by signal {end.Signal}{(end.Signal == Signals.SIGSYS ? ": bad system call" : "")}" : $"ended with exit status {end.Code}";

    /// <summary>What init says of a hook, for errors.</summary>
    internal static InitOperation Operation(Hook hook, string kind, int index) => new(PlanCode.Hook, FieldOf(kind, index), TextOf(hook)) { Path = hook.Path };

    private static void Add(PlanBuilder plan, PlanRequest request, IReadOnlyList<Hook> hooks, string kind, string status, IReadOnlyList<string> inherited)
    {
        if (hooks.Count == 0)
        {
            return;
        }

        // Init knows its number, which goes between the two parts; a quote inside of a string is escaped, so the name is found.
        const string name = "\"pid\":";
        var state = Encoding.UTF8.GetString(StateOf(request.Id, request.Bundle, request.Spec, status, 1).ToJson());
        var pid = state.IndexOf(name, StringComparison.Ordinal) + name.Length;
        for (var i = 0; i < hooks.Count; i++)
        {
            var hook = hooks[i];
            plan.Init(Operation(hook, kind, i) with
            {
                List = Args(hook),
                Environment = hook.Env.Count > 0 ? hook.Env : inherited,
                B = (ulong)(hook.Timeout ?? 0),
                C = (hook.Env.Count > 0 ? 0u : 1u) | OutputsOf(plan),
                Source = state[..pid],
                Data = state[(pid + 1)..],
            });
        }
    }

    private static void Append(StringBuilder text, IReadOnlyList<Hook> hooks)
    {
        for (var i = 0; i < hooks.Count; i++)
        {
            text.Append(" \"").Append(hooks[i].Path).Append('"');
        }
    }
}
