using Peapod.Container.Plans;
using Peapod.Container.Resctrl;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;

namespace Peapod.Container.Spawning;

/// <summary>Does a plan's host steps, each leaving a descriptor in its slot. All are released when this is disposed.</summary>
internal sealed class HostSteps : IDisposable
{
    private const long ProcMagic = 0x9fa0;
    private const ulong ProcAttributes = Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC;
    private readonly SafeFd[] descriptors;
    private readonly bool[] owned;

    private HostSteps(int slots)
    {
        descriptors = new SafeFd[slots];
        owned = new bool[slots];
    }

    internal ReadOnlySpan<SafeFd> Descriptors => descriptors;

    /// <param name="input">Gives what the caller brings; it stays the caller's.</param>
    /// <param name="undo">Takes what takes back that which is more than a descriptor.</param>
    /// <param name="sources">What the caller brings for sources of bind mounts, by their paths, or null; it stays the caller's.</param>
    /// <exception cref="ContainerException">A step failed; the message begins with its field.</exception>
    internal static HostSteps Do(Plan plan, Func<PlanInput, SafeFd> input, Undo undo, IReadOnlyDictionary<string, DetachedMount>? sources = null)
    {
        var steps = new HostSteps(plan.SlotCount);
        try
        {
            foreach (var step in plan.Host)
            {
                steps.Do(step, input, undo, sources);
            }

            return steps;
        }
        catch
        {
            steps.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        for (var i = 0; i < descriptors.Length; i++)
        {
            if (owned[i])
            {
                descriptors[i].Dispose();
            }
        }
    }

    private void Do(HostStep step, Func<PlanInput, SafeFd> input, Undo undo, IReadOnlyDictionary<string, DetachedMount>? sources)
    {
        try
        {
            switch (step)
            {
                case UseDescriptorStep use:
                    descriptors[use.Slot.Index] = input(use.Input);
                    break;
                case CloneMountStep clone when sources?.GetValueOrDefault(clone.Source) is { } source:
                    Prepare(source, clone, IdsOf(clone));
                    descriptors[clone.Slot.Index] = source;
                    break;
                case CloneMountStep clone:
                    Own(clone.Slot, CloneMount(clone, IdsOf(clone)));
                    break;
                case OpenNamespaceStep open:
                    Own(open.Slot, FileSystem.Open(open.Path, Libc.O_RDONLY));
                    break;
                case CloneNullDeviceStep device:
                    Own(device.Slot, CloneNullDevice());
                    break;
                case MakeUserNamespaceStep make:
                    Own(make.Slot, IdMaps.MakeNamespace(make));
                    break;
                case MakeResctrlGroupStep make:
                    ResctrlGroup.Of(ResctrlGroup.FindRoot(), make.Rdt, make.Id).Create(undo);
                    break;
                case RequireModuleStep require:
                    SecurityModules.Require(require);
                    break;
                case OpenProcStep open:
                    Own(open.Slot, DetachedMount.Create("proc", "proc", [], ProcAttributes));
                    break;
                default:
                    throw new NotSupportedException(step.GetType().Name);
            }
        }
        catch (KernelException e)
        {
            throw Failures.OfHostStep(step, e);
        }
    }

    private void Own(PlanSlot slot, SafeFd descriptor)
    {
        descriptors[slot.Index] = descriptor;
        owned[slot.Index] = true;
    }

    private SafeFd? IdsOf(CloneMountStep step) => step.IdMap is { } ids ? descriptors[ids.Index] : null;

    private static DetachedMount CloneMount(CloneMountStep step, SafeFd? ids)
    {
        var mount = DetachedMount.Clone(step.Source, step.Recursive);
        try
        {
            Prepare(mount, step, ids);
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    private static void Prepare(DetachedMount mount, CloneMountStep step, SafeFd? ids)
    {
        if (step.ProcOnly && (Libc.statfs($"/proc/self/fd/{mount.Number}", out var status) != 0 || status.Type != ProcMagic))
        {
            throw new ContainerException($"{Failures.Prefix(step.Field)}cannot {step.Text}: the source is no proc file system, and nothing else may be mounted there");
        }

        if (ids is not null)
        {
            MapIds(mount, step, ids);
        }

        Set(mount, step.RecursiveSet, step.RecursiveClear, step.PropagationRecursive ? step.Propagation : 0, recursive: true);
        Set(mount, step.Set, step.Clear, step.PropagationRecursive ? 0 : step.Propagation, recursive: false);
    }

    private static void MapIds(DetachedMount mount, CloneMountStep step, SafeFd ids)
    {
        try
        {
            mount.SetAttributes(new MountAttr { Set = Libc.MOUNT_ATTR_IDMAP, UsernsFd = (ulong)ids.Number }, step.IdMapRecursive);
        }
        catch (KernelException e)
        {
            var hint = e.Error switch
            {
                Errno.EINVAL => $"\n  the file system of \"{step.Source}\"{(step.IdMapRecursive ? ", or one mounted below it," : "")} has no id-mapped mounts",
                Errno.EPERM => "\n  a mount whose ids are mapped already keeps its mappings",
                _ => "",
            };
            throw new ContainerException($"{Failures.Prefix(step.Field)}cannot map the ids of \"{step.Source}\": {e.Operation}: {KernelException.Describe(e.Error)}{hint}", 1, e);
        }
    }

    private static void Set(DetachedMount mount, ulong set, ulong clear, ulong propagation, bool recursive)
    {
        if ((set | clear | propagation) != 0)
        {
            mount.SetAttributes(new MountAttr { Set = set, Clear = clear, Propagation = propagation }, recursive);
        }
    }

    /// <summary>A read-only mount of the host's null device, which is looked at first.</summary>
    internal static DetachedMount CloneNullDevice()
    {
        var mount = DetachedMount.Clone("/dev/null", recursive: false);
        var status = FileSystem.Stat(mount, "/dev/null");
        if (status.Type == Libc.S_IFCHR && status is { RdevMajor: 1, RdevMinor: 3 })
        {
            // Read-only: writing to the device goes on, changing the host's own inode (chmod, chown) does not.
            const ulong set = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NOEXEC;
            mount.SetAttributes(new MountAttr { Set = set, Propagation = Libc.MS_PRIVATE }, recursive: false, "/dev/null");
            return mount;
        }

        mount.Dispose();
        throw new KernelException("stat", "/dev/null", Errno.ENODEV);
    }
}
