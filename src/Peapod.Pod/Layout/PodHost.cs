using Peapod.Host;
using Peapod.Kernel.Files;
using Peapod.Network;

namespace Peapod.Pod.Layout;

/// <summary>Where pods are kept on this host: what a reboot ends below <see cref="RunRoot"/>, what outlives one below <see cref="DataRoot"/>.</summary>
public sealed record PodHost
{
    public const string DefaultRunRoot = "/run/peapod-pod";
    public const string DefaultDataRoot = "/var/lib/peapod";
    public const string DefaultNetworkFile = "/etc/peapod/network.json";

    private const int LongestKey = 190;

    public string RunRoot { get; init; } = DefaultRunRoot;

    public string DataRoot { get; init; } = DefaultDataRoot;

    /// <summary>The pods' network, see <see cref="NetworkFile"/>.</summary>
    public string NetworkFile { get; init; } = DefaultNetworkFile;

    /// <summary>The other OCI runtimes of this host, see <see cref="Layout.RuntimesFile"/>.</summary>
    public string RuntimesFile { get; init; } = Layout.RuntimesFile.DefaultPath;

    internal string PodsRoot => $"{RunRoot}/pods";

    /// <summary>Compiled system call filters, of all pods.</summary>
    internal string Filters => $"{RunRoot}/seccomp";

    /// <summary>The network without what <see cref="NetworkFile"/> says.</summary>
    internal static NetworkConfiguration DefaultNetwork => Placed(new());

    internal NetworkConfiguration ReadNetwork() => Placed(Layout.NetworkFile.Read(NetworkFile));

    /// <summary>The node's name, as pods are told it and `ps -o wide` shows it.</summary>
    public static string NodeName => FileSystem.ReadText("/proc/sys/kernel/hostname");

    /// <summary>With the bridge's leases where all that use this bridge find them.</summary>
    private static NetworkConfiguration Placed(NetworkConfiguration network) => network with { DataFolder = HostState.NetworkOf(network.Bridge) };

    /// <exception cref="PodException">The names are too long for a folder's, and for those that are made of it.</exception>
    public PodFolders FoldersOf(string podNamespace, string name)
    {
        var key = $"{podNamespace}_{name}";
        return key.Length <= LongestKey ? new(this, key) : throw new PodException($"pods \"{name}\": namespace and name together have {key.Length - 1} characters, at most {LongestKey - 1} are possible here");
    }

    /// <summary>Makes a pod's folder, and holds a lock in it for as long as its creator is there.</summary>
    /// <returns>Null when there is a pod of that name.</returns>
    public FileLock? Add(PodFolders folders)
    {
        FileSystem.MakeDirectories(PodsRoot, PodFolders.PrivateFolder);
        using var all = FileLock.AcquireDirectory(PodsRoot);
        return FileSystem.MakeDirectory(folders.Run, PodFolders.PrivateFolder) ? FileLock.Acquire(folders.CreatorLock) : null;
    }

    /// <summary>The pods there are, in the order of their names.</summary>
    public IReadOnlyList<PodFolders> Pods()
    {
        if (FileSystem.TryStat(PodsRoot) is null)
        {
            return [];
        }

        var names = FileSystem.List(PodsRoot);
        names.RemoveAll(static name => name.IndexOf('_', StringComparison.Ordinal) <= 0);
        names.Sort(StringComparer.Ordinal);
        return names.ConvertAll(name => new PodFolders(this, name));
    }
}
