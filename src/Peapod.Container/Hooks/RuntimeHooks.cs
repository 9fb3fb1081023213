using System.Text;
using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Hooks;

/// <summary>The hooks that run in the runtime's namespaces: prestart, createRuntime, poststart and poststop (config.md, POSIX-platform Hooks).</summary>
internal static class RuntimeHooks
{
    private const int OutputShown = 4096;

    /// <summary>One after the other; the first that fails is the last.</summary>
    /// <exception cref="ContainerException">A hook could not be executed, ended badly, or took too long.</exception>
    internal static void Run(IReadOnlyList<Hook> hooks, string kind, Oci.State state)
    {
        for (var i = 0; i < hooks.Count; i++)
        {
            Run(hooks[i], HookPlan.FieldOf(kind, i), state);
        }
    }

    /// <summary>All of them: one that fails is told and keeps no other from running.</summary>
    internal static void RunAll(IReadOnlyList<Hook> hooks, string kind, Oci.State state, Action<string>? warn)
    {
        for (var i = 0; i < hooks.Count; i++)
        {
            try
            {
                Run(hooks[i], HookPlan.FieldOf(kind, i), state);
            }
            catch (ContainerException e)
            {
                warn?.Invoke(e.Message);
            }
        }
    }

    private static void Run(Hook hook, string field, Oci.State state)
    {
        try
        {
            using var document = FileSystem.SealedMemory("peapod-state", state.ToJson(), executable: false);
            KernelException.Check((nint)Libc.lseek(document.Number, 0, 0), "lseek", "peapod-state");
            using var output = SafeFd.Check(Libc.memfd_create("peapod-hook", Libc.MFD_CLOEXEC), "memfd_create", "peapod-hook");
            using var bundle = OpenBundle(state.Bundle);
            using var log = OpenLog(state, CrunAnnotations.HooksOutput);
            using var errors = OpenLog(state, CrunAnnotations.HooksError);
            using var process = ChildProcess.Start(hook.Path, HookPlan.Args(hook), hook.Env, new(document, log ?? output, errors ?? output), bundle);
            var inTime = process.WaitForExit(hook.Timeout is { } seconds ? (int)Math.Min(int.MaxValue, seconds * 1000L) : -1);
            if (!inTime)
            {
                process.Signal(Signals.SIGKILL);
            }

            var end = process.Wait();
            if (!inTime || end.Reported != 0)
            {
                throw Failures.OfHook(field, hook.Path, HookPlan.Describe(end, inTime ? null : hook.Timeout) + Written(output));
            }
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{Failures.Prefix(field)}{HookPlan.FailureOf(field)}cannot {HookPlan.TextOf(hook)}: {e.Operation}: {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    private static SafeFd? OpenLog(Oci.State state, string annotation)
    {
        if (CrunAnnotations.Find(state.Annotations, annotation) is not { } file)
        {
            return null;
        }

        var path = RootPlan.Resolve(state.Bundle, file);
        try
        {
            return HookLog.Open(path);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{Failures.Prefix(CrunAnnotations.FieldOf(annotation))}cannot open \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    /// <summary>Where runc's and crun's hooks begin. A bundle that is gone by the time of the poststop hooks leaves them where we are.</summary>
    private static SafeFd? OpenBundle(string bundle)
    {
        try
        {
            return FileSystem.OpenDirectory(bundle);
        }
        catch (KernelException e) when (e.Error == Errno.ENOENT)
        {
            return null;
        }
    }

    /// <summary>The beginning of what the hook wrote, from the next line on.</summary>
    private static string Written(SafeFd output)
    {
        Span<byte> buffer = stackalloc byte[OutputShown];
        Libc.lseek(output.Number, 0, 0);
        var count = FileSystem.Read(output, buffer, "peapod-hook");
        return count == 0 ? "" : "\n" + Encoding.UTF8.GetString(buffer[..count]);
    }
}
