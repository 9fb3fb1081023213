using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>Compiles the description of a container into the runtime-spec's configuration.</summary>
public static class SpecCompiler
{
    /// <summary>The tmpfs that the containers of a pod share; it is in the sandbox's mount namespace.</summary>
    public const string SharedMemory = "/dev/shm";

    private const string SearchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly Spec Defaults = DefaultSpec.Create();

    /// <summary>The path by which the source of a pod's shared memory is known: <see cref="Compile"/> mounts it from there.</summary>
    public static string SharedMemoryOf(ContainerNamespaces namespaces)
    {
        ArgumentNullException.ThrowIfNull(namespaces);
        return namespaces.Ipc == NamespaceMode.Node ? SharedMemory : $"/proc/{namespaces.SandboxPid}/root{SharedMemory}";
    }

    /// <exception cref="SpecException">Neither the description nor the image says what to execute.</exception>
    public static Spec Compile(ContainerDescription container)
    {
        ArgumentNullException.ThrowIfNull(container);
        var security = container.Security;
        var linux = new Linux
        {
            CgroupsPath = container.Cgroup,
            Namespaces = container.Namespaces.ToOci(),
            Resources = container.Resources,
            Devices = security.IsPrivileged ? HostDevices.List() : [],
            Seccomp = security.Filter,
            MountLabel = security.MountLabel,
            MaskedPaths = security.OpensProc ? [] : ClosedPaths.Masked,
            ReadonlyPaths = security.OpensProc ? [] : ClosedPaths.ReadOnly,
        };
        return new Spec
        {
            OciVersion = DefaultSpec.OciVersion,
            Process = ProcessOf(container),
            Root = new Root { Path = "/", Readonly = security.HasReadOnlyRoot },
            Mounts = MountsOf(container),
            Linux = container.Devices.Count == 0 ? linux : WithDevices(linux, container),
        };
    }

    /// <summary>A bind mount that carries nothing back to its source.</summary>
    public static Mount Bind(string source, string target, params string[] options) =>
        new() { Type = "bind", Source = source, Destination = target, Options = ["rbind", "rprivate", .. options] };

    private static Process ProcessOf(ContainerDescription container)
    {
        var capabilities = container.Security.Capabilities;

        // Another user than root has what its files' capabilities give it, out of the bounding set.
        var held = container.User.Uid == 0 ? capabilities : [];
        return new Process
        {
            Terminal = container.HasTerminal,
            ConsoleSize = container.HasTerminal ? container.TerminalSize : null,
            Args = container.Arguments is { Count: > 0 } arguments ? arguments : throw new SpecException("process.args", "neither the container nor its image says what to execute"),
            Env = EnvironmentOf(container),
            Cwd = container.WorkingDirectory ?? (string.IsNullOrEmpty(container.Image.WorkingDir) ? "/" : container.Image.WorkingDir),
            User = container.User,
            Capabilities = new LinuxCapabilities { Bounding = capabilities, Effective = held, Permitted = held },
            NoNewPrivileges = container.Security.NoNewPrivileges,
            OomScoreAdj = container.OomScoreAdjust,
            ApparmorProfile = container.Security.AppArmorProfile,
            SelinuxLabel = container.Security.ProcessLabel,
        };
    }

    internal static List<string> EnvironmentOf(ContainerDescription container)
    {
        var merged = new OrderedDictionary<string, string>();
        foreach (var list in (ReadOnlySpan<IReadOnlyList<string>>)[[SearchPath], container.FirstVariables, container.Image.Env])
        {
            foreach (var entry in list)
            {
                var equals = entry.IndexOf('=', StringComparison.Ordinal);
                merged[equals < 0 ? entry : entry[..equals]] = entry;
            }
        }

        foreach (var (name, value) in container.Variables)
        {
            merged[name] = $"{name}={value}";
        }

        return [.. merged.Values];
    }

    private static List<Mount> MountsOf(ContainerDescription container)
    {
        var mounts = new List<Mount>(Defaults.Mounts.Count + container.Mounts.Count);
        foreach (var mount in Defaults.Mounts)
        {
            mounts.Add(mount.Destination switch
            {
                SharedMemory => Bind(SharedMemoryOf(container.Namespaces), SharedMemory, "nosuid", "nodev", "noexec"),
                "/sys" or "/sys/fs/cgroup" when container.Security.IsPrivileged => mount with { Options = [.. mount.Options.Where(static option => option != "ro")] },
                _ => mount,
            });
        }

        mounts.AddRange(container.Mounts);
        return mounts;
    }

    private static Linux WithDevices(Linux linux, ContainerDescription container)
    {
        var nodes = new List<LinuxDevice>(linux.Devices);
        var rules = new List<LinuxDeviceCgroup>(linux.Resources!.Devices);
        foreach (var device in container.Devices)
        {
            nodes.Add(device.Node);
            rules.Add(device.Rule);
        }

        return linux with
        {
            Devices = nodes,
            Resources = linux.Resources with { Devices = rules },
            Seccomp = container.Security.IsPrivileged ? linux.Seccomp : LoopControls.Deny(linux.Seccomp),
        };
    }
}
