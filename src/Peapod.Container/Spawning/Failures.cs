using Peapod.Container.Plans;
using Peapod.Kernel;

namespace Peapod.Container.Spawning;

/// <summary>Turns what the kernel refused into the sentence that the user reads.</summary>
internal static class Failures
{
    private const int NotFound = 127;
    private const int NotExecutable = 126;
    private const string NoSuchCpu = "\n  none of them is online and allowed to the container";

    internal static ContainerException OfHostStep(HostStep step, KernelException error)
    {
        var hint = (step, error.Error) switch
        {
            (CloneMountStep { Field: "root.path" }, Errno.ENOENT) => "\n  the root file system does not exist",
            (CloneMountStep { Field: "root.path" }, Errno.ENOTDIR) => "\n  the root file system must be a directory",
            (CloneMountStep, Errno.ENOENT) => "\n  the source does not exist on the host",
            (OpenNamespaceStep, Errno.ENOENT) => "\n  the namespace is gone, or was never there",
            _ => "",
        };
        return new($"{Prefix(step.Field)}cannot {step.Text}: {error.Operation}: {KernelException.Describe(error.Error)}{hint}", 1, error);
    }

    internal static ContainerException OfOperation(InitOperation operation, Errno error, string detail)
    {
        if (operation.Code is PlanCode.FindExecutable or PlanCode.Exec)
        {
            return OfExecutable(operation, error);
        }

        if (operation.Code == PlanCode.Hook && error is Errno.ECHILD)
        {
            return OfHook(operation.Field, operation.Path!, detail);
        }

        var hint = (operation.Code, error, detail) switch
        {
            (PlanCode.Attach or PlanCode.NewMount, _, "inside proc") => "\n  a symlink leads into the proc file system there, which nothing else may cover",
            (PlanCode.NewMount, Errno.ENODEV, "fsopen") => "\n  this kernel does not know that file system",
            (PlanCode.NewMount, Errno.ELOOP, _) when OnlyOnFolder(operation) => $": {operation.Source} must be mounted on ordinary directory\n  it must not be a symlink in the root file system",
            (PlanCode.NewMount, Errno.ENOTDIR, _) when OnlyOnFolder(operation) => $": {operation.Source} must be mounted on ordinary directory",
            (PlanCode.Mask or PlanCode.ReadOnly, Errno.ESTALE, _) => "\n  what the configuration mounts there is not there any more: somebody changes the root file system meanwhile",
            (PlanCode.Terminal or PlanCode.Mknod, _, "inside proc") => "\n  a symlink leads into the proc file system there, which nothing else may cover",
            (PlanCode.Label, Errno.ENOENT, "write") => "\n  no such profile is loaded: apparmor_parser(8) loads one",
            (PlanCode.Label, Errno.EINVAL, "write") => "\n  the loaded SELinux policy does not know that label",
            (PlanCode.NewMount, Errno.EINVAL, "context") => "\n  the loaded SELinux policy does not know the label of linux.mountLabel",
            (PlanCode.Affinity, Errno.EINVAL, _) => NoSuchCpu,
            (PlanCode.MemoryPolicy, Errno.EINVAL, _) => "\n  a node is not there or has no memory, or the mode does not go with them (set_mempolicy(2))",
            (PlanCode.Rlimit, Errno.EPERM, _) => "\n  this process may not raise the hard limit: it lacks CAP_SYS_RESOURCE",
            (PlanCode.Attach or PlanCode.NewMount or PlanCode.Mkdir or PlanCode.Mknod, Errno.EROFS, _) => "\n  its place does not exist and cannot be made: what it lies in is read-only",
            _ => "",
        };
        var words = operation.Code == PlanCode.Hook ? HookPlan.FailureOf(operation.Field) : "";
        return new($"{Prefix(operation.Field)}{words}cannot {operation.Text}: {(detail is "inside proc" ? "" : $"{detail}: ")}{KernelException.Describe(error)}{hint}");
    }

    private static bool OnlyOnFolder(InitOperation operation) => operation.Source is "proc" or "sysfs";

    /// <summary>The words are runc's, for callers read them: Docker and podman make their exit codes from these sentences.</summary>
    private static ContainerException OfExecutable(InitOperation operation, Errno error)
    {
        var name = operation.Path!;
        var byPath = name.Contains('/', StringComparison.Ordinal);
        var (reason, code) = (operation.Code, error) switch
        {
            (PlanCode.FindExecutable, Errno.ENOENT) when !byPath => ("executable file not found in $PATH", NotFound),
            (PlanCode.FindExecutable, Errno.ENOENT or Errno.ENOTDIR) => ($"stat {name}: {Lower(error)}", NotFound),
            (PlanCode.FindExecutable, Errno.EISDIR) => ("is a directory: permission denied", NotExecutable),
            (PlanCode.Exec, Errno.ENOENT) => ($"exec {name}: no such file or directory (its interpreter, or dynamic loader, is missing in the root file system)", NotFound),
            (PlanCode.Exec, Errno.ENOEXEC) => ($"exec {name}: exec format error (it is neither a program of this architecture nor a script with an interpreter line)", NotExecutable),
            _ => (Lower(error), NotExecutable),
        };
        return new($"{Prefix(operation.Field)}exec: \"{name}\": {reason}", code);
    }

    /// <param name="field">The hook's field.</param>
    /// <param name="path">What was executed.</param>
    /// <param name="end">How it ended, and what it wrote on the lines below.</param>
    internal static ContainerException OfHook(string field, string path, string end) =>
        new($"{Prefix(field)}{HookPlan.FailureOf(field)}\"{path}\" {end.TrimEnd('\n').Replace("\n", "\n  ", StringComparison.Ordinal)}");

    internal static string Prefix(string field) => field.Length == 0 ? "" : $"config.json: {field}: ";

    private static string Lower(Errno error)
    {
        var text = KernelException.Describe(error);
        return char.ToLowerInvariant(text[0]) + text[1..];
    }
}
