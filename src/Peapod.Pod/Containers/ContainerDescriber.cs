using System.Globalization;
using Peapod.Container.Cgroups;
using Peapod.Container.Lifecycle;
using Peapod.Host;
using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Oci;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Workload;
using OciMount = Peapod.Oci.Mount;

namespace Peapod.Pod.Containers;

/// <summary>Describes a container of a manifest, with its image, in the words that all of Peapod's faces have for containers.</summary>
internal sealed class ContainerDescriber(PodManifest pod, PodFolders folders, int sandboxPid, string cgroup, ContainerEnvironment environment)
{
    private readonly KubeletResources resources = new(PodCgroup.Controllers(CgroupHierarchy.Find()));

    private readonly ContainerNamespaces namespaces = new(sandboxPid)
    {
        Network = pod.Spec.HostNetwork ? NamespaceMode.Node : NamespaceMode.Pod,
        Ipc = pod.Spec.HostIPC ? NamespaceMode.Node : NamespaceMode.Pod,
        Pid = pod.Spec.HostPID ? NamespaceMode.Node : pod.Spec.ShareProcessNamespace == true ? NamespaceMode.Pod : NamespaceMode.Container,
        HasUsers = pod.Spec.HostUsers == false,
    };

    private IdRange Range => IdRange.Find(folders.Owner, folders.IdRange) ?? throw new PodException("hostUsers: the pod's range of ids is gone");

    /// <inheritdoc cref="ContainerEnvironment.Of"/>
    internal IReadOnlyDictionary<string, string> VariablesOf(ContainerSpec container) => environment.Of(container);

    /// <summary>A container's limits, for an update: the devices that it has stay.</summary>
    internal LinuxResources ResourcesOf(ContainerSpec container) => resources.Of(container) with { Devices = [] };

    /// <summary>The container's root file system, its files' owners in the pod's user namespace when it has one.</summary>
    internal DetachedMount MountRoot(ContainerImage image, string layer)
    {
        if (pod.Spec.HostUsers != false)
        {
            return RootFileSystem.Mount(image, layer);
        }

        using var users = FileSystem.Open($"/proc/{sandboxPid}/ns/user", Libc.O_RDONLY);
        return RootFileSystem.Mount(image, layer, new RootFileSystemOptions { UserNamespace = users, FirstId = Range.First });
    }

    /// <summary>The host's number of a process's user.</summary>
    internal uint HostUserOf(Process process)
    {
        var user = process.User.Uid;
        return pod.Spec.HostUsers != false || user >= IdRange.Size ? user : user + Range.First;
    }

    /// <summary>What is mounted from the sandbox and not from the host, for <see cref="CreateRequest.Sources"/>.</summary>
    internal IReadOnlyDictionary<string, DetachedMount>? TakeSources()
    {
        if (pod.Spec.HostIPC)
        {
            return null;
        }

        using var mounts = FileSystem.Open($"/proc/{sandboxPid}/ns/mnt", Libc.O_RDONLY);
        return new Dictionary<string, DetachedMount> { [SpecCompiler.SharedMemoryOf(namespaces)] = DetachedMount.CloneIn(mounts, SpecCompiler.SharedMemory) };
    }

    /// <param name="container">The container.</param>
    /// <param name="image">Its image.</param>
    /// <param name="root">Its root file system.</param>
    /// <param name="variables">Its environment, as the manifest says it.</param>
    /// <param name="volumes">Its volumes' mounts.</param>
    /// <param name="devices">Its volumes that are block devices.</param>
    internal ContainerDescription Describe(
        ContainerSpec container, ContainerImage image, DetachedMount root, IReadOnlyDictionary<string, string> variables, IReadOnlyList<OciMount> volumes,
        IReadOnlyList<BlockDevice> devices)
    {
        var description = new ContainerDescription
        {
            Image = image.Config,
            Command = VariableExpansion.Expand(container.Command ?? [], variables),
            Args = VariableExpansion.Expand(container.Args ?? [], variables),
            FirstVariables = container.Tty ? [$"HOSTNAME={PodHostname.OfKernel(pod)}", "TERM=xterm"] : [$"HOSTNAME={PodHostname.OfKernel(pod)}"],
            Variables = variables,
            WorkingDirectory = container.WorkingDir,
            User = RunAsUser.Of(pod, container, image.Config.User, root),
            HasTerminal = container.Tty,
            TerminalSize = container.Tty ? TerminalSize() : null,
            Security = SecurityOf(container),
            Namespaces = namespaces,
            Cgroup = $"{cgroup}/{container.Name}",
            Resources = resources.Of(container),
            OomScoreAdjust = OomScore.Of(pod, container),
            Devices = devices,
            Mounts = MountsOf(volumes),
        };
        return description.Arguments.Count > 0 ? description
            : throw new PodException($"container \"{container.Name}\": neither the manifest nor the image \"{container.Image}\" says what to execute");
    }

    private ContainerSecurity SecurityOf(ContainerSpec container)
    {
        var context = container.SecurityContext;
        var capabilities = CapabilitySet.Of(context);
        var labels = SecurityLabels.SELinux(pod.Spec, container);
        return new ContainerSecurity
        {
            Capabilities = capabilities,
            IsPrivileged = context?.Privileged == true,
            OpensProc = context?.Privileged == true || context?.ProcMount == ProcMountType.Unmasked,
            HasReadOnlyRoot = context?.ReadOnlyRootFilesystem == true,
            NoNewPrivileges = context?.AllowPrivilegeEscalation == false,
            Filter = SystemCallFilter.Of(pod.Spec, container, capabilities, folders.Host.DataRoot),
            AppArmorProfile = SecurityLabels.AppArmor(pod.Spec, container),
            ProcessLabel = labels?.Process,
            MountLabel = labels?.Mount,
        };
    }

    private ConsoleSize? TerminalSize() =>
        FileSystem.TryReadText(folders.TerminalSize)?.Split(' ') is [var rows, var columns]
            ? new ConsoleSize { Height = uint.Parse(rows, CultureInfo.InvariantCulture), Width = uint.Parse(columns, CultureInfo.InvariantCulture) }
            : null;

    private List<OciMount> MountsOf(IReadOnlyList<OciMount> volumes)
    {
        var mounts = new List<OciMount>();
        foreach (var name in PodFiles.Names)
        {
            mounts.Add(Mapped(SpecCompiler.Bind($"{folders.Etc}/{name}", $"/etc/{name}", "nosuid", "nodev")));
        }

        mounts.AddRange(volumes);
        return mounts;
    }

    /// <summary>With a user namespace the files of a bind mount belong to the pod's ids as they do to the same ones of the host.</summary>
    private OciMount Mapped(OciMount mount) => pod.Spec.HostUsers == false ? mount with { Options = [.. mount.Options, "idmap"] } : mount;
}
