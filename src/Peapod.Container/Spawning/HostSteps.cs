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
    private const ulong ProcAttributes = Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC;
    private readonly SafeFd?[] descriptors;
    private readonly bool[] owned;
    private readonly LateSources late = new();

    private HostSteps(int slots)
    {
        descriptors = new SafeFd[slots];
        owned = new bool[slots];
    }

    /// <summary>The descriptor in each slot; null in one that init asks for when it comes to it.</summary>
    internal ReadOnlySpan<SafeFd?> Descriptors => descriptors;

    /// <summary>The slot is still empty.</summary>
    internal bool IsLate(PlanSlot? slot) => late.Has(slot);

    /// <summary>Gives a child the mount that it waits for.</summary>
    internal void GiveLate(Spawner.Child child, InitOperation operation)
    {
        if (operation.Code == PlanCode.NewMount)
        {
            ForeignMount.Give(child, operation);
        }
        else
        {
            late.Give(child, operation.Slot!, IdsOf);
        }
    }

    /// <param name="plan">The plan.</param>
    /// <param name="folder">The container's folder of state.</param>
    /// <param name="input">Gives what the caller brings; it stays the caller's.</param>
    /// <param name="undo">Takes what takes back that which is more than a descriptor.</param>
    /// <param name="sources">What the caller brings for sources of bind mounts, by their paths, or null; it stays the caller's.</param>
    /// <exception cref="ContainerException">A step failed; the message begins with its field.</exception>
    internal static HostSteps Do(Plan plan, string folder, Func<PlanInput, SafeFd> input, Undo undo, IReadOnlyDictionary<string, DetachedMount>? sources = null)
    {
        var steps = new HostSteps(plan.SlotCount);
        try
        {
            foreach (var step in plan.Host)
            {
                steps.Do(step, folder, input, undo, sources);
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
                descriptors[i]!.Dispose();
            }
        }
    }

    private void Do(HostStep step, string folder, Func<PlanInput, SafeFd> input, Undo undo, IReadOnlyDictionary<string, DetachedMount>? sources)
    {
        try
        {
            switch (step)
            {
                case UseDescriptorStep use:
                    descriptors[use.Slot.Index] = input(use.Input);
                    break;
                case CloneMountStep clone when sources?.GetValueOrDefault(clone.Source) is { } source:
                    BindMounts.Prepare(source, clone, IdsOf(clone));
                    descriptors[clone.Slot.Index] = source;
                    break;
                case CloneMountStep clone when late.Take(clone):
                    break;
                case CloneMountStep clone:
                    Own(clone.Slot, BindMounts.Make(clone, IdsOf(clone)));
                    break;
                case OpenNamespaceStep open:
                    Own(open.Slot, FileSystem.Open(open.Path, Libc.O_RDONLY));
                    break;
                case OpenLogStep open:
                    Own(open.Slot, HookLog.Open(open.Path));
                    break;
                case MakeDeviceStep make:
                    if (DeviceNode.TryMake(make, folder) is { } node)
                    {
                        Own(make.Slot, node);
                    }

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
