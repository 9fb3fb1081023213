using Peapod.Container.Criu;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Lifecycle;

/// <content>Its processes into images, by criu.</content>
public sealed partial class Container
{
    /// <summary>Writes the container's processes into images. Unless it is left running, it is removed then.</summary>
    /// <exception cref="ContainerException">What criu, or the kernel, could not do.</exception>
    public void Checkpoint(CheckpointRequest request)
    {
        using var held = store.Lock(Id);
        Record = store.Read(Id);
        var status = Status;
        if (status is not (ContainerStatus.Running or ContainerStatus.Paused))
        {
            throw new ContainerException($"container \"{Id}\" cannot be checkpointed: it is {Name(status)}");
        }

        var criu = CriuProgram.Find();
        if (request.PreDump || request.Parent is not null)
        {
            criu.NeedMemoryTracking(request.PreDump ? "--pre-dump" : "--parent-path");
        }

        if (request.Options.LazyPages)
        {
            criu.NeedLazyPages();
        }

        using var images = ImageFolder.Open(request.Options.Images, "--image-path", make: true);
        using var work = request.Options.Work is { } path ? ImageFolder.Open(path, "--work-path", make: true) : null;
        Dump(criu, images, work, request);
        if (!request.LeaveRunning && !request.PreDump)
        {
            Destroy();
        }
    }

    private void Dump(CriuProgram program, ImageFolder images, ImageFolder? work, CheckpointRequest request)
    {
        var facts = new DumpFacts
        {
            Pid = Record.Pid,
            Rootfs = Record.Rootfs,
            Cgroup = Record.Cgroup,
            ImagesFd = images.Directory.Number,
            WorkFd = work?.Directory.Number,
            PlaceOf = PlaceInside,
            Inode = InodeOf,
        };
        var options = CriuOptionsCompiler.Dump(ReadSpec(), request, facts);
        (work ?? images).BeginLog(CriuOptionsCompiler.DumpLog);
        if (!request.PreDump)
        {
            images.WriteDescriptors(ExternalPipes.Of(Record.Pid, Record.Cgroup.Length > 0 ? Processes() : [Record.Pid]));
        }

        using var output = SafeFd.Check(Libc.memfd_create("criu", Libc.MFD_CLOEXEC), "memfd_create", "criu");
        using var criu = CriuProcess.Start(program.Path, new(null, output, output), [], cgroup: null);
        var type = request.PreDump ? CriuRequestType.PreDump : CriuRequestType.Dump;
        var response = criu.Ask(new CriuRequest(type) { Options = options }, (notification, _) =>
        {
            store.Debug?.Invoke($"criu: {notification.Script}");
            if (notification.Script == "status-ready" && request.StatusFd is { } fd)
            {
                using var ready = new SafeFd(fd);
                FileSystem.Write(ready, [0], "--status-fd");
            }
        });

        // After a pre-dump criu waits for the next one, and is told by the closed socket that there is none.
        var end = criu.Finish();
        if (response is not { Success: true } || (end.Reported != 0 && !request.PreDump))
        {
            throw CriuFailure($"container \"{Id}\" cannot be checkpointed", program, response, work ?? images, options);
        }
    }

    /// <summary>Where a path leads to in the container, as its own processes would find it.</summary>
    private (string Path, bool IsDirectory)? PlaceInside(string path)
    {
        try
        {
            using var root = FileSystem.OpenDirectory($"/proc/{Record.Pid}/root");
            using var place = FileSystem.OpenInRoot(root, path, Libc.O_PATH);
            return (FileSystem.ReadLink($"/proc/self/fd/{place.Number}"), FileSystem.Stat(place, path).IsDirectory);
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES)
        {
            return null;
        }
    }

    private static ulong InodeOf(string path, string field) => FileSystem.TryStat(path)?.Inode
        ?? throw new ContainerException($"config.json: {field}: the namespace \"{path}\" is gone, and what is in it cannot be told from the image");

    /// <summary>criu's own words, from its answer and its log, and what is wrong with it or the kernel if that is the reason.</summary>
    private static ContainerException CriuFailure(string what, CriuProgram program, CriuResponse? response, ImageFolder logs, CriuOptions options)
    {
        var log = CriuLog.PathOf(options.ConfigFile, logs.Path, options.LogFile);
        // What criu gives as its message is the first error of its log, whatever came of that one.
        var reason = response is null ? "criu ended without an answer"
            : response.Error != 0 ? $"criu: {KernelException.Describe((Errno)response.Error)}" : "criu failed";
        return new($"{what}: {reason}{logs.ErrorsOf(options.LogFile, log)}\n  all that criu did is in {log}{program.Check()}");
    }
}
