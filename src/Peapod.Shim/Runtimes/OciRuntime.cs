using System.Globalization;
using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Oci;
using Peapod.Shim.Layout;

namespace Peapod.Shim.Runtimes;

/// <summary>
/// Another OCI runtime, called as containerd's shim calls runc. Its processes are not our children: they become so when the command that made
/// them ends, since we are their subreaper; so exit codes come as those of our own containers do. Calls are waited for.
/// </summary>
internal sealed class OciRuntime : IContainerRuntime
{
    private readonly OciRuntimeCommand command;
    private readonly ShimFolders folders;
    private readonly OwnRuntime records;
    private readonly ContainerStore store;

    private readonly ChildReaper children = new();

    internal OciRuntime(RuntimeHandler handler, ShimFolders folders, ContainerStore store)
    {
        command = new OciRuntimeCommand(handler, folders);
        records = new OwnRuntime(store);
        this.folders = folders;
        this.store = store;
        KernelException.Check(Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)");
    }

    public PidFd Create(CreateRequest request)
    {
        using var making = children.Make();
        PidFd? process = null;
        try
        {
            return process = Create(request, OciBundles.Make(folders, request));
        }
        catch
        {
            process?.KillAndReap();
            Delete(request.Id);
            throw;
        }
    }

    public void Start(string id, PidFd process, Interruption interruption) => Call(id, ["start", command.IdOf(id)], default, interruption);

    public bool Signal(string id, PidFd process, int signal)
    {
        // KILL must work whatever has become of the runtime.
        if (signal == Signals.SIGKILL || process.WaitForExit(0))
        {
            return process.Signal(signal);
        }

        // Nobody waits for it: it may hang, and KILL comes in time.
        var target = new PidFd(KernelException.Check(Libc.fcntl(process.Number, Libc.F_DUPFD_CLOEXEC, 3), "fcntl"));
        new Thread(() => Kill(id, target, signal), 1 << 20) { IsBackground = true }.Start();
        return true;
    }

    private void Kill(string id, PidFd process, int signal)
    {
        using (process)
        {
            try
            {
                Call(id, ["kill", command.IdOf(id), signal.ToString(CultureInfo.InvariantCulture)]);
            }
            catch (Exception e) when (e is ContainerException or KernelException)
            {
                // It has ended meanwhile, or its runtime is at a loss.
                process.Signal(signal);
            }
        }
    }

    public PidFd Execute(string id, IReadOnlyList<string> args, StandardStreams streams, Interruption interruption)
    {
        using var making = children.Make();
        using var pidFile = new RemovedFile($"{OciBundles.FolderOf(folders, id)}/exec-{Libc.gettid()}.pid");
        using var process = OciBundles.WriteProcess(folders, id, Container.Lifecycle.Container.Open(store, id).ReadSpec().Process! with { Args = args, Terminal = false, ConsoleSize = null });
        Call(id, ["exec", "--process", process.Path, "--detach", "--pid-file", pidFile.Path, command.IdOf(id)], streams, interruption);
        return Open(pidFile.Path, out _);
    }

    public void Update(string id, LinuxResources resources)
    {
        var file = $"{OciBundles.FolderOf(folders, id)}/resources.json";
        OciBundles.Write(file, resources.ToJson());
        Call(id, ["update", "--resources", file, command.IdOf(id)]);
    }

    public void Delete(string id)
    {
        if (command.Has(id))
        {
            Call(id, ["delete", "--force", command.IdOf(id)]);
        }

        OciBundles.Remove(folders, id);
        records.Delete(id);
    }

    public void Reap() => children.ReapOthers();

    private PidFd Create(CreateRequest request, string bundle)
    {
        var pidFile = $"{bundle}/pid";
        var arguments = new List<string> { "create", "--bundle", bundle, "--pid-file", pidFile };
        using var console = request.ConsoleSocket is null ? null : ConsoleListener.Open(bundle);
        if (console is not null)
        {
            arguments.AddRange(["--console-socket", console.Path]);
        }

        arguments.Add(command.IdOf(request.Id));
        Call(request.Id, arguments, request.Streams, request.Interruption);
        console?.PassOn(request.ConsoleSocket!);
        var process = Open(pidFile, out var pid);
        Container.Lifecycle.Container.Register(store, request, pid);
        return process;
    }

    private void Call(string id, IReadOnlyList<string> arguments, StandardStreams streams = default, Interruption? interruption = null)
    {
        using var making = children.Make();
        command.Call(id, arguments, streams, interruption);
    }

    private PidFd Open(string pidFile, out int pid)
    {
        pid = int.Parse(FileSystem.ReadText(pidFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
        children.Leave(pid);
        return PidFd.TryOpen(pid) ?? throw new ContainerException($"{command.Name}: process {pid} of {pidFile} is not there");
    }
}
