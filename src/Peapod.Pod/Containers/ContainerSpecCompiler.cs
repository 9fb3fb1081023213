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
using OciMount = Peapod.Oci.Mount;

namespace Peapod.Pod.Containers;

/// <summary>A container of a manifest, with its image, as the runtime-spec's configuration.</summary>
internal sealed class ContainerSpecCompiler(PodManifest pod, PodFolders folders, int sandboxPid, string cgroup, ContainerEnvironment environment)
{
    private static readonly Spec Defaults = DefaultSpec.Create();


    private readonly KubeletResources resources = new(PodCgroup.Controllers(CgroupHierarchy.Find()));

    /// <summary>The source of the pod's shared memory.</summary>
    private readonly string sharedMemory = $"/proc/{sandboxPid}/root{SandboxSpec.SharedMemory}";

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
        return new Dictionary<string, DetachedMount> { [sharedMemory] = DetachedMount.CloneIn(mounts, SandboxSpec.SharedMemory) };
    }

    /// <param name="container">The container.</param>
    /// <param name="image">Its image. Of what that says only the process's own matter counts: labels and annotations never become the runtime's (CVE-2023-6476, CVE-2024-3154).</param>
    /// <param name="root">Its root file system.</param>
    /// <param name="variables">Its environment, as the manifest says it.</param>
    /// <param name="volumes">Its volumes' mounts.</param>
    /// <param name="devices">Its volumes that are block devices.</param>
    internal Spec Compile(
        ContainerSpec container, ContainerImage image, DetachedMount root, IReadOnlyDictionary<string, string> variables, IReadOnlyList<OciMount> volumes,
        IReadOnlyList<ContainerDevice> devices)
    {
        var privileged = container.SecurityContext?.Privileged == true;
        var open = privileged || container.SecurityContext?.ProcMount == ProcMountType.Unmasked;
        var process = Process(container, image, root, variables);
        var spec = new Spec
        {
            OciVersion = DefaultSpec.OciVersion,
            Process = process,
            Root = new Root { Path = "/", Readonly = container.SecurityContext?.ReadOnlyRootFilesystem == true },
            Mounts = Mounts(volumes, privileged),
            Linux = new Linux
            {
                CgroupsPath = $"{cgroup}/{container.Name}",
                Namespaces = Namespaces(),
                Resources = resources.Of(container),
                Devices = privileged ? HostDevices.List() : [],
                Seccomp = SystemCallFilter.Of(pod.Spec, container, process.Capabilities!.Bounding!, folders.Host.DataRoot),
                MountLabel = SecurityLabels.SELinux(pod.Spec, container)?.Mount,
                MaskedPaths = open ? [] : ClosedPaths.Masked,
                ReadonlyPaths = open ? [] : ClosedPaths.ReadOnly,
            },
        };
        return devices.Count == 0 ? spec : spec with { Linux = WithDevices(spec.Linux, container, devices) };
    }

    private Linux WithDevices(Linux linux, ContainerSpec container, IReadOnlyList<ContainerDevice> devices)
    {
        var nodes = new List<LinuxDevice>(linux.Devices);
        var rules = new List<LinuxDeviceCgroup>(linux.Resources!.Devices);
        foreach (var device in devices)
        {
            nodes.Add(device.Node(pod.Spec, container));
            rules.Add(device.Rule);
        }

        return linux with
        {
            Devices = nodes,
            Resources = linux.Resources with { Devices = rules },
            Seccomp = container.SecurityContext?.Privileged == true ? linux.Seccomp : LoopControls.Deny(linux.Seccomp),
        };
    }

    /// <summary>The sandbox's, but for those that the pod shares with the host; a mount and a cgroup namespace, and mostly one for processes, of the container's own.</summary>
    private List<LinuxNamespace> Namespaces()
    {
        var path = $"/proc/{sandboxPid}/ns";
        var namespaces = new List<LinuxNamespace> { new() { Type = "mount" }, new() { Type = "cgroup" } };
        if (!pod.Spec.HostPID)
        {
            namespaces.Add(pod.Spec.ShareProcessNamespace == true ? new() { Type = "pid", Path = $"{path}/pid" } : new() { Type = "pid" });
        }

        if (!pod.Spec.HostNetwork)
        {
            namespaces.Add(new() { Type = "network", Path = $"{path}/net" });
            namespaces.Add(new() { Type = "uts", Path = $"{path}/uts" });
        }

        if (!pod.Spec.HostIPC)
        {
            namespaces.Add(new() { Type = "ipc", Path = $"{path}/ipc" });
        }

        if (pod.Spec.HostUsers == false)
        {
            namespaces.Add(new() { Type = "user", Path = $"{path}/user" });
        }

        return namespaces;
    }

    private Process Process(ContainerSpec container, ContainerImage image, DetachedMount root, IReadOnlyDictionary<string, string> variables)
    {
        var user = RunAsUser.Of(pod, container, image.Config.User, root);
        var capabilities = CapabilitySet.Of(container.SecurityContext);
        return new Process
        {
            Terminal = container.Tty,
            ConsoleSize = container.Tty ? TerminalSize() : null,
            Args = Arguments(container, image.Config, variables),
            Env = Environment(container, image.Config, variables),
            Cwd = container.WorkingDir ?? (string.IsNullOrEmpty(image.Config.WorkingDir) ? "/" : image.Config.WorkingDir),
            User = user,
            Capabilities = new LinuxCapabilities
            {
                Bounding = capabilities,

                // Another user than root has what its files' capabilities give it, out of the bounding set.
                Effective = user.Uid == 0 ? capabilities : [],
                Permitted = user.Uid == 0 ? capabilities : [],
            },
            NoNewPrivileges = container.SecurityContext?.AllowPrivilegeEscalation == false,
            OomScoreAdj = OomScore.Of(pod, container),
            ApparmorProfile = SecurityLabels.AppArmor(pod.Spec, container),
            SelinuxLabel = SecurityLabels.SELinux(pod.Spec, container)?.Process,
        };
    }

    private ConsoleSize? TerminalSize() =>
        FileSystem.TryReadText(folders.TerminalSize)?.Split(' ') is [var rows, var columns]
            ? new ConsoleSize { Height = uint.Parse(rows, CultureInfo.InvariantCulture), Width = uint.Parse(columns, CultureInfo.InvariantCulture) }
            : null;

    private static string[] Arguments(ContainerSpec container, ImageConfig image, IReadOnlyDictionary<string, string> variables)
    {
        // command replaces the entry point and, with it, the image's arguments; args replaces only those.
        var command = container.Command is { Count: > 0 } own ? VariableExpansion.Expand(own, variables) : image.Entrypoint ?? [];
        var args = container.Args is { Count: > 0 } given ? VariableExpansion.Expand(given, variables)
            : container.Command is { Count: > 0 } ? [] : image.Cmd ?? [];
        string[] all = [.. command, .. args];
        return all.Length > 0 ? all
            : throw new PodException($"container \"{container.Name}\": neither the manifest nor the image \"{container.Image}\" says what to execute");
    }

    private List<string> Environment(ContainerSpec container, ImageConfig image, IReadOnlyDictionary<string, string> variables)
    {
        var first = new List<string> { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
        first.Add($"HOSTNAME={PodHostname.OfKernel(pod)}");
        if (container.Tty)
        {
            first.Add("TERM=xterm");
        }

        return ContainerEnvironment.Merge(first, image.Env, variables);
    }

    private List<OciMount> Mounts(IReadOnlyList<OciMount> volumes, bool privileged)
    {
        var mounts = new List<OciMount>();
        foreach (var mount in Defaults.Mounts)
        {
            mounts.Add(mount.Destination switch
            {
                SandboxSpec.SharedMemory => Bind(pod.Spec.HostIPC ? SandboxSpec.SharedMemory : sharedMemory, SandboxSpec.SharedMemory, "nosuid", "nodev", "noexec"),
                "/sys" or "/sys/fs/cgroup" when privileged => mount with { Options = [.. mount.Options.Where(static option => option != "ro")] },
                _ => mount,
            });
        }

        foreach (var name in PodFiles.Names)
        {
            mounts.Add(Mapped(Bind($"{folders.Etc}/{name}", $"/etc/{name}", "nosuid", "nodev")));
        }

        mounts.AddRange(volumes);
        return mounts;
    }

    /// <summary>With a user namespace the files of a bind mount belong to the pod's ids as they do to the same ones of the host.</summary>
    private OciMount Mapped(OciMount mount) => pod.Spec.HostUsers == false ? mount with { Options = [.. mount.Options, "idmap"] } : mount;

    internal static OciMount Bind(string source, string target, params string[] options) =>
        new() { Type = "bind", Source = source, Destination = target, Options = ["rbind", "rprivate", .. options] };
}
