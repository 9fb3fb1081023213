using Peapod.Host;
using Peapod.Shim.Layout;

namespace Peapod.Pod.Layout;

/// <summary>The folders and files of one pod.</summary>
/// <param name="host">Where pods are kept.</param>
/// <param name="key">Namespace and name: "default_web".</param>
public sealed class PodFolders(PodHost host, string key) : ShimFolders(key, OwnerOf(host, key), $"{host.PodsRoot}/{key}", $"{host.DataRoot}/pods/{OwnerOf(host, key)}", host.Filters)
{
    public PodHost Host { get; } = host;

    public string Name => Key[(Key.IndexOf('_', StringComparison.Ordinal) + 1)..];

    public string Namespace => Key[..Key.IndexOf('_', StringComparison.Ordinal)];

    /// <summary>What names the pod on a command line.</summary>
    public string Argument => Namespace == "default" ? Name : $"--namespace {Namespace} {Name}";

    /// <summary>What to do with a pod that is damaged.</summary>
    internal string Removal => $"\"peapod pod rm --force {Argument}\" removes the pod";

    /// <summary>The manifest with its defaults.</summary>
    public string Manifest => $"{Run}/manifest.json";

    public string Lock => $"{Run}/supervisor.lock";

    /// <summary>What commands have asked for and is not done yet.</summary>
    public string Wishes => $"{Run}/wishes.json";

    /// <summary>Held by the command that makes the pod.</summary>
    public string CreatorLock => $"{Run}/creator.lock";

    /// <summary>Rows and columns that terminals have at first: those of the terminal the pod was started from.</summary>
    public string TerminalSize => $"{Run}/terminal-size";

    /// <summary>The unsafe kernel parameters that --allow-unsafe-sysctl lets the pod set, one a line.</summary>
    public string AllowedSysctls => $"{Run}/allowed-sysctls";

    /// <summary>The number that --pod-pids-limit gives.</summary>
    public string PidsLimit => $"{Run}/pids-limit";

    /// <summary>The word that --log-level gives.</summary>
    public string LogLevel => $"{Run}/log-level";

    /// <summary>The number of the range of ids that a pod with a user namespace has.</summary>
    internal string IdRange => $"{Run}/id-range";

    /// <summary>A symlink to <see cref="ShimFolders.Run"/>: whose the data are, when a reboot has emptied that.</summary>
    public string RunLink => RunLinkOf(Data);

    internal static string RunLinkOf(string data) => $"{data}/run";

    public string VolumeOf(string volume) => $"{Data}/volumes/{volume}";

    /// <summary>What a container has on disk; there as long as it may hold a lease on its image.</summary>
    public string FolderOf(string container) => $"{Data}/containers/{container}";

    /// <summary>The writable layer of a container's present run.</summary>
    public string LayerOf(string container) => $"{FolderOf(container)}/layer";

    /// <summary>The name under which a container holds its image's layers.</summary>
    public string LeaseOf(string container) => $"{Owner}_{container}";

    /// <summary>What a container's present run leaves at its terminationMessagePath.</summary>
    public string TerminationMessageOf(string container) => $"{FolderOf(container)}/termination-message";

    /// <summary>What has happened to the pod.</summary>
    public string Events => $"{Run}/events.jsonl";

    /// <summary>Generated files: hosts, hostname, resolv.conf.</summary>
    public string Etc => $"{Data}/etc";

    /// <summary>Another run root may have a pod of the same key.</summary>
    private static string OwnerOf(PodHost host, string key) => OwnerName.Of(host.RunRoot, host.RunRoot == PodHost.DefaultRunRoot, key);
}
