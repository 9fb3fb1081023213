using Peapod.Container.Cgroups;
using Peapod.Container.Criu;
using Peapod.Container.Hooks;
using Peapod.Container.NetDevices;
using Peapod.Container.Notify;
using Peapod.Container.Plans;
using Peapod.Container.Resctrl;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Kernel.Namespaces;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <content>A container from images of its processes, by criu.</content>
public sealed partial class Container
{
    private const string CriuRootName = "criu-root";
    private const string NullName = "null";

    /// <summary>Makes a container whose processes are those of a checkpoint. A failure leaves nothing behind but criu's log.</summary>
    /// <exception cref="ContainerException">What could not be done, beginning with the field, the flag or the object.</exception>
    /// <exception cref="SpecException">A field of the configuration that cannot be done.</exception>
    public static (Container Container, ContainerProcess Process) Restore(ContainerStore store, RestoreRequest request)
    {
        ContainerStore.CheckId(request.Id);
        var spec = request.Spec;
        RefuseJoinedPidNamespace(spec);
        var creation = new CreateRequest
        {
            Id = request.Id,
            Spec = spec,
            SpecJson = request.SpecJson,
            Bundle = request.Bundle,
            CgroupManager = request.CgroupManager,
        };
        var hierarchy = CgroupHierarchy.Find();
        using var cgroup = new NewCgroup(hierarchy, creation, limitsLater: true);
        var criu = CriuProgram.Find();
        if (request.Options.LazyPages)
        {
            criu.NeedLazyPages();
        }

        using var images = ImageFolder.Open(request.Options.Images, "--image-path", make: false);
        images.RefuseLinks();
        var descriptors = images.ReadDescriptors();
        using var work = request.Options.Work is { } path ? ImageFolder.Open(path, "--work-path", make: true) : null;

        using var held = store.Add(request.Id);
        using var undo = new Undo();
        if (spec.Hooks is not null)
        {
            undo.Add(() => RunPoststop(store, request.Id, request.Bundle, spec));
        }

        undo.Add(() => store.Remove(request.Id));
        var runner = request.CallerDeletes ? store.HoldAsRunner(request.Id) : null;
        var record = NewRecord(creation, cgroup.Path) with { Unit = cgroup.Unit, CgroupMissing = cgroup.MissingAbove };
        store.WriteConfig(request.Id, request.SpecJson.Span);
        store.Write(record);

        cgroup.Make(undo, store.OwnerOf(request.Id));
        undo.Add(cgroup.Kill);
        if (cgroup.Path != record.Cgroup)
        {
            record = record with { Cgroup = cgroup.Path };
            store.Write(record);
        }

        if (spec.Linux?.IntelRdt is { } rdt)
        {
            ResctrlGroup.Of(ResctrlGroup.FindRoot(), rdt, request.Id).Create(undo);
        }

        var folder = store.FolderOf(request.Id);
        FileSystem.MakeDirectory(NotifySocket.FolderIn(folder), NotifySocket.FolderMode);
        MakeMountPoints(store, request, hierarchy);

        var root = $"{folder}/{CriuRootName}";
        FileSystem.MakeDirectory(root, 0x1c0);
        var nullDevice = $"{folder}/{NullName}";
        FileSystem.Open(nullDevice, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180).Dispose();
        using var namespaces = new Inherited();
        using var process = InPrivateMounts(record, root, nullDevice, () =>
        {
            images.Reopen();
            work?.Reopen();
            var options = CriuOptionsCompiler.Restore(request, new RestoreFacts
            {
                ImagesFd = images.Directory.Number,
                WorkFd = work?.Directory.Number,
                Root = root,
                CgroupRoot = cgroup.Path.Length == 0 ? null : cgroup.Path[hierarchy.MountPoint.Length..],
                CgroupMount = hierarchy.MountPoint,
                NotifyFolder = NotifySocket.FolderIn(folder),
                NullDevice = nullDevice,
                Descriptors = descriptors,
                NamespaceFd = namespaces.Open,
            });
            (work ?? images).BeginLog(CriuOptionsCompiler.RestoreLog);
            return (CriuProcess.Start(criu.Path, request.Streams, namespaces.Descriptors, cgroup.Directory), options);
        }, out var options);
        PidFd? restored = null;
        var response = process.Ask(new CriuRequest(CriuRequestType.Restore) { Options = options }, (notification, received) =>
        {
            store.Debug?.Invoke($"criu: {notification.Script}");
            switch (notification.Script)
            {
                case "setup-namespaces":
                    SetUpNamespaces(request, notification.Pid);
                    break;
                case "orphan-pts-master":
                    SendMaster(request, received);
                    break;
                case "post-restore":
                    restored = PidFd.TryOpen(notification.Pid) ?? throw new ContainerException($"the restored process {notification.Pid} is gone");
                    undo.Add(restored.KillAndReap);
                    record = record.Of(notification.Pid);
                    StoreTimeNamespace(store, request, notification.Pid);
                    GroupOf(spec, request.Id)?.Add(notification.Pid);
                    cgroup.Inhabited();
                    cgroup.Occupy(notification.Pid);
                    NewProcess.WritePidFile(request.PidFile, notification.Pid);
                    break;
                default:
                    break;
            }
        });
        var end = process.Finish();
        if (response is not { Success: true } || end.Reported != 0 || restored is null)
        {
            throw CriuFailure($"container \"{request.Id}\" cannot be restored", criu, response, work ?? images, options);
        }

        // Not before criu has given its processes the rights that they shall have: from now on others can be executed beside them.
        store.WriteProcess(record);
        FileSystem.RemoveDirectory(root);
        FileSystem.RemoveFile(nullDevice);
        ContainerStore.Complete(held);
        undo.Keep();
        return (new Container(store, record) { Runner = runner }, new ContainerProcess(record.Pid, restored));
    }

    /// <summary>What a creation makes in the root file system before it mounts.</summary>
    private static void MakeMountPoints(ContainerStore store, RestoreRequest request, CgroupHierarchy hierarchy)
    {
        var plan = MountPointPlan.Compile(new PlanRequest { Id = request.Id, Spec = request.Spec, Bundle = request.Bundle, CgroupMount = hierarchy.MountPoint });
        if (plan is null)
        {
            return;
        }

        Warn(store, plan);
        using var undo = new Undo();
        using var steps = HostSteps.Do(plan, store.FolderOf(request.Id), static input => throw new ArgumentOutOfRangeException(nameof(input)), undo);
        BriefChild.Run(plan, steps, static _ => true);
    }

    /// <summary>
    /// criu wants its root to be a mount point. It is one in a mount namespace that criu alone lives in, so no mount of ours is ever left on the
    /// host. Descriptors of folders that criu works in have to be opened there, too.
    /// </summary>
    private static CriuProcess InPrivateMounts(ContainerRecord record, string root, string nullDevice, Func<(CriuProcess Process, CriuOptions Options)> start, out CriuOptions options)
    {
        using var mounts = PrivateMounts.Enter();
        try
        {
            using var tree = DetachedMount.Clone(record.Rootfs.Length > 0 ? record.Rootfs : "/", recursive: true);
            tree.SetAttributes(new MountAttr { Propagation = Libc.MS_PRIVATE }, recursive: true);
            tree.Attach(root);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: root.path: cannot use \"{record.Rootfs}\" as the root file system: {e.Operation}: {KernelException.Describe(e.Error)}", 1, e);
        }

        // Read-only, as in a creation: not every mount that criu makes of it gets its own attributes, and the inode is the host's.
        using (var device = HostSteps.CloneNullDevice())
        {
            device.Attach(nullDevice);
        }

        (var process, options) = start();
        return process;
    }

    /// <summary>The namespaces are there and no process runs in them yet.</summary>
    private static void SetUpNamespaces(RestoreRequest request, int pid)
    {
        if (NamespacePlan.Has(request.Spec, Libc.CLONE_NEWNET, newOnly: true))
        {
            using var process = PidFd.TryOpen(pid) ?? throw new ContainerException($"the process {pid}, which criu restores, is gone");
            Loopback.SetUp(process);
        }

        if (request.Spec.Hooks is { } hooks)
        {
            var state = HookPlan.StateOf(request.Id, request.Bundle, request.Spec, "creating", pid);
            RuntimeHooks.Run(hooks.Prestart, "prestart", state);
            RuntimeHooks.Run(hooks.CreateRuntime, "createRuntime", state);
        }
    }

    private static void SendMaster(RestoreRequest request, IReadOnlyList<SafeFd> received)
    {
        if (request.ConsoleSocket is null)
        {
            throw new ContainerException("--console-socket: the checkpoint has a terminal, whose other side nobody here takes\n  give a socket for it, or leave out --detach");
        }

        if (received.Count != 1)
        {
            throw new ContainerException("criu: the terminal's master side did not come");
        }

        UnixSocket.Send(request.ConsoleSocket, "/dev/ptmx"u8, received[0]);
    }

    /// <summary>criu's processes have all capabilities until it has restored everything, and whoever is in the namespace already might trace them.</summary>
    private static void RefuseJoinedPidNamespace(Spec spec)
    {
        if (NamespacePlan.Has(spec, Libc.CLONE_NEWPID) && !NamespacePlan.Has(spec, Libc.CLONE_NEWPID, newOnly: true))
        {
            throw new SpecException($"{NamespacePlan.FieldOf(spec, Libc.CLONE_NEWPID)}.path", "a restored container needs a PID namespace of its own: criu makes its processes there with all capabilities, for others there to trace");
        }
    }

    /// <summary>criu gives clocks that go on where they stopped by a time namespace: an exec has to join it, and so the stored configuration has it.</summary>
    private static void StoreTimeNamespace(ContainerStore store, RestoreRequest request, int pid)
    {
        var spec = request.Spec;
        if (NamespacePlan.Has(spec, Libc.CLONE_NEWTIME) || FileSystem.TryStat($"/proc/{pid}/ns/time")?.Inode == FileSystem.TryStat("/proc/self/ns/time")?.Inode)
        {
            return;
        }

        var linux = spec.Linux ?? new Oci.Linux();
        store.WriteConfig(request.Id, (spec with { Linux = linux with { Namespaces = [.. linux.Namespaces ?? [], new LinuxNamespace { Type = "time" }] } }).ToJson());
    }

    /// <summary>Namespaces that criu has from us.</summary>
    private sealed class Inherited : IDisposable
    {
        internal List<SafeFd> Descriptors { get; } = [];

        internal int Open(string path, string field)
        {
            try
            {
                Descriptors.Add(FileSystem.Open(path, Libc.O_RDONLY));
                return Descriptors[^1].Number;
            }
            catch (KernelException e)
            {
                throw new ContainerException($"config.json: {field}: cannot open the namespace \"{path}\": {KernelException.Describe(e.Error)}\n  what is restored lives in it: it must be there", 1, e);
            }
        }

        public void Dispose() => Descriptors.ForEach(static fd => fd.Dispose());
    }
}
