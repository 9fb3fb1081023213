using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Copying;

/// <summary>Finds a running container's root, and who its files are to belong to.</summary>
internal static class CopyTarget
{
    /// <summary>Opens the container's end of a copy.</summary>
    /// <param name="text">POD:PATH, for errors.</param>
    /// <exception cref="PodException">It does not run.</exception>
    internal static CopyEnd Open(PodFolders folders, string container, string path, string text)
    {
        var record = new ContainerStore(folders.Containers).TryRead(container);
        using var process = record is null ? null : Container.Lifecycle.Container.Open(new ContainerStore(folders.Containers), container).OpenProcess();
        var root = process is null ? null : TryOpen($"/proc/{record!.Pid}/root");

        // It was this process's root if the process is there still: its number was not another's in between.
        if (root is null || process!.WaitForExit(0))
        {
            root?.Dispose();
            throw new PodException($"container {container} of pod {folders.Name} is not running");
        }

        return new CopyEnd(root, path.StartsWith('/') ? path : $"{WorkingFolder(folders, container)}/{path}", text);
    }

    /// <summary>The container's user, as this host numbers it.</summary>
    internal static (uint Uid, uint Gid) Owner(PodFolders folders, string container)
    {
        var opened = Container.Lifecycle.Container.Open(new ContainerStore(folders.Containers), container);
        var user = opened.ReadSpec().Process?.User;
        return (Outside(opened.Record.Pid, "uid_map", user?.Uid ?? 0), Outside(opened.Record.Pid, "gid_map", user?.Gid ?? 0));
    }

    private static string WorkingFolder(PodFolders folders, string container) =>
        Container.Lifecycle.Container.Open(new ContainerStore(folders.Containers), container).ReadSpec().Process?.Cwd.TrimEnd('/') ?? "";

    private static SafeFd? TryOpen(string root)
    {
        var fd = Libc.open(root, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        return fd < 0 ? null : new SafeFd(fd);
    }

    /// <summary>user_namespaces(7): lines of "inside outside count".</summary>
    private static uint Outside(int pid, string map, uint id)
    {
        foreach (var line in (FileSystem.TryReadText($"/proc/{pid}/{map}") ?? "").Split('\n'))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 3 && uint.TryParse(fields[0], out var inside) && uint.TryParse(fields[1], out var outside) && uint.TryParse(fields[2], out var count)
                && id >= inside && id - inside < count)
            {
                return outside + (id - inside);
            }
        }

        return id;
    }
}
