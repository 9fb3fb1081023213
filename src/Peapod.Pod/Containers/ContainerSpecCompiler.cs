using System.Globalization;
using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Kernel.Mounts;
using Peapod.Oci;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using OciMount = Peapod.Oci.Mount;

namespace Peapod.Pod.Containers;

/// <summary>A container of a manifest, with its image, as the runtime-spec's configuration.</summary>
internal sealed class ContainerSpecCompiler(PodManifest pod, PodFolders folders, int sandboxPid, string cgroup)
{
    private const long CpuPeriod = 100_000;

    private static readonly Spec Defaults = DefaultSpec.Create();

    /// <summary>runc's, and what Docker masks besides.</summary>
    private static readonly string[] MaskedPaths = [.. Defaults.Linux!.MaskedPaths, "/proc/interrupts", "/sys/devices/virtual/powercap"];

    /// <summary>What Docker and the kubelet give a container that asks for nothing.</summary>
    private static readonly string[] DefaultCapabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    internal Spec Compile(ContainerSpec container, ContainerImage image, DetachedMount root, IReadOnlyList<OciMount> volumes)
    {
        var namespaces = $"/proc/{sandboxPid}/ns";
        return new Spec
        {
            OciVersion = DefaultSpec.OciVersion,
            Process = Process(container, image, root),
            Root = new Root { Path = "/", Readonly = container.SecurityContext?.ReadOnlyRootFilesystem == true },
            Mounts = Mounts(container, volumes),
            Linux = new Linux
            {
                CgroupsPath = $"{cgroup}/{container.Name}",
                Namespaces =
                [
                    pod.Spec.ShareProcessNamespace == true ? new() { Type = "pid", Path = $"{namespaces}/pid" } : new() { Type = "pid" },
                    new() { Type = "network", Path = $"{namespaces}/net" },
                    new() { Type = "ipc", Path = $"{namespaces}/ipc" },
                    new() { Type = "uts", Path = $"{namespaces}/uts" },
                    new() { Type = "mount" },
                    new() { Type = "cgroup" },
                ],
                Resources = Resources(container.Resources),
                MaskedPaths = MaskedPaths,
                ReadonlyPaths = Defaults.Linux!.ReadonlyPaths,
            },
        };
    }

    private Process Process(ContainerSpec container, ContainerImage image, DetachedMount root)
    {
        var user = User(container, image, root);
        var environment = Environment(container, image.Config);
        var variables = VariableExpansion.Environment(container);
        var capabilities = Capabilities(container.SecurityContext?.Capabilities);
        return new Process
        {
            Terminal = container.Tty,
            ConsoleSize = container.Tty ? TerminalSize() : null,
            Args = Arguments(container, image.Config, variables),
            Env = environment,
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

    private List<string> Environment(ContainerSpec container, ImageConfig image)
    {
        var environment = new List<string> { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
        environment.Add($"HOSTNAME={pod.Spec.Hostname ?? pod.Metadata.Name}");
        if (container.Tty)
        {
            environment.Add("TERM=xterm");
        }

        environment.AddRange(image.Env);
        foreach (var (name, value) in VariableExpansion.Environment(container))
        {
            environment.Add($"{name}={value}");
        }

        return environment;
    }

    private User User(ContainerSpec container, ContainerImage image, DetachedMount root)
    {
        var context = pod.Spec.SecurityContext;
        var own = container.SecurityContext;
        var found = PasswdLookup.Resolve(root, image.Config.User);
        var uid = (uint?)(own?.RunAsUser ?? context?.RunAsUser);
        var gid = (uint?)(own?.RunAsGroup ?? context?.RunAsGroup);
        if (uid is { } number)
        {
            found = PasswdLookup.Resolve(root, number.ToString(CultureInfo.InvariantCulture));
        }

        if ((own?.RunAsNonRoot ?? context?.RunAsNonRoot) == true && (uid ?? found.Uid) == 0)
        {
            throw new PodException($"container \"{container.Name}\": runAsNonRoot is set, and the container would run as root");
        }

        var primary = gid ?? found.Gid;
        var groups = new SortedSet<uint>(found.AdditionalGids);
        groups.Remove(found.Gid);
        groups.Add(primary);
        foreach (var group in context?.SupplementalGroups ?? [])
        {
            groups.Add((uint)group);
        }

        if (context?.FsGroup is { } fsGroup)
        {
            groups.Add((uint)fsGroup);
        }

        return new User { Uid = uid ?? found.Uid, Gid = primary, AdditionalGids = [.. groups] };
    }

    private static List<string> Capabilities(Objects.Capabilities? changes)
    {
        var names = new List<string>();
        for (var number = 0; number <= Oci.Capabilities.Last; number++)
        {
            var name = Oci.Capabilities.Name(number)!;
            var bare = name["CAP_".Length..];
            var kept = Array.IndexOf(DefaultCapabilities, name) >= 0 && !Has(changes?.Drop, bare);
            if (kept || Has(changes?.Add, bare))
            {
                names.Add(name);
            }
        }

        return names;

        static bool Has(IReadOnlyList<string>? list, string bare)
        {
            foreach (var item in list ?? [])
            {
                var name = CapabilityNames.Normalize(item);
                if (name == CapabilityNames.All || name == bare)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private List<OciMount> Mounts(ContainerSpec container, IReadOnlyList<OciMount> volumes)
    {
        var mounts = new List<OciMount>();
        foreach (var mount in Defaults.Mounts)
        {
            mounts.Add(mount.Destination == "/dev/shm" ? Bind(folders.SharedMemory, "/dev/shm", "nosuid", "nodev", "noexec") : mount);
        }

        foreach (var name in new[] { "hosts", "hostname", "resolv.conf" })
        {
            mounts.Add(Bind($"{folders.Etc}/{name}", $"/etc/{name}", "nosuid", "nodev"));
        }

        mounts.AddRange(volumes);
        return mounts;
    }

    internal static OciMount Bind(string source, string target, params string[] options) =>
        new() { Type = "bind", Source = source, Destination = target, Options = ["rbind", "rprivate", .. options] };

    /// <summary>As the kubelet maps them: requests to weights, limits to quotas.</summary>
    internal static LinuxResources Resources(ResourceRequirements resources)
    {
        var cpu = resources.Limit("cpu");
        var request = resources.Request("cpu");
        var memory = resources.Limit("memory");
        return new LinuxResources
        {
            Devices = [new LinuxDeviceCgroup { Allow = false, Access = "rwm" }],
            Memory = memory is { } bytes ? new LinuxMemory { Limit = (long)bytes.Value } : null,
            Cpu = cpu is null && request is null ? null : new LinuxCpu
            {
                Shares = request is { } asked ? Math.Max(2, (ulong)asked.MilliValue * 1024 / 1000) : null,
                Quota = cpu is { } most ? Math.Max(1000, (long)most.MilliValue * CpuPeriod / 1000) : null,
                Period = cpu is null ? null : (ulong)CpuPeriod,
            },
        };
    }
}
