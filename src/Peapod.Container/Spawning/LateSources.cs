using Peapod.Container.Plans;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Namespaces;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Spawning;

/// <summary>
/// Bind mounts whose source may lie in an earlier mount of the same container: mounts are made in the listed order (runtime-spec,
/// config.md, "Mounts"), so such a source can only be opened in the container's mount namespace, once init has come to it.
/// </summary>
internal sealed class LateSources
{
    private readonly List<CloneMountStep> steps = [];
    private string? root;

    /// <summary>Keeps a step for later if its source lies in the root file system, or is not there yet.</summary>
    internal bool Take(CloneMountStep step)
    {
        if (step.EarlierMountsIn is not { } place || !IsLate(step.Source, place))
        {
            return false;
        }

        steps.Add(step);
        return true;
    }

    internal bool Has(PlanSlot? slot) => slot is not null && Find(slot) is not null;

    /// <summary>Makes the mount as the child's mount namespace has its source, and sends it to the child with the leave to go on.</summary>
    /// <param name="child">Who waits for it, in its own mount namespace.</param>
    /// <param name="slot">Which.</param>
    /// <param name="ids">The user namespace for a step's id-mapped mount.</param>
    /// <exception cref="ContainerException">It cannot be made; the message begins with the field.</exception>
    internal void Give(Spawner.Child child, PlanSlot slot, Func<CloneMountStep, SafeFd?> ids)
    {
        var step = Find(slot)!;
        try
        {
            using var mounts = FileSystem.Open($"/proc/{child.Pid}/ns/mnt", Libc.O_RDONLY);
            using var mount = MountNamespace.Run(mounts, () => BindMounts.Make(step, ids(step)));
            UnixSocket.Send(child.Socket, [1], mount);
        }
        catch (KernelException e)
        {
            throw Failures.OfHostStep(step, e);
        }
    }

    private CloneMountStep? Find(PlanSlot slot)
    {
        foreach (var step in steps)
        {
            if (step.Slot == slot)
            {
                return step;
            }
        }

        return null;
    }

    private bool IsLate(string source, string place)
    {
        if (IsIn(source, place))
        {
            return true;
        }

        try
        {
            root ??= RealPath(place);
            return IsIn(RealPath(source), root);
        }
        catch (KernelException e)
        {
            // What an earlier mount brings may be reached by a link from elsewhere. Other errors are told when it is opened to be mounted.
            return e.Error is Errno.ENOENT or Errno.ENOTDIR;
        }
    }

    private static bool IsIn(string path, string place) =>
        path.StartsWith(place, StringComparison.Ordinal) && (path.Length == place.Length || path[place.Length] == '/' || place[^1] == '/');

    private static string RealPath(string path)
    {
        using var file = FileSystem.Open(path, Libc.O_PATH);
        return FileSystem.ReadLink($"/proc/self/fd/{file.Number}");
    }
}
