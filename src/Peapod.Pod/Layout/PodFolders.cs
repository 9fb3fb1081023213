using Peapod.Host;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Layout;

/// <summary>The folders and files of one pod.</summary>
public sealed class PodFolders(PodHost host, string key)
{
    public const uint PrivateFolder = 0x1c0; // 0700
    private const uint PrivateFile = 0x180; // 0600

    public PodHost Host { get; } = host;

    /// <summary>Namespace and name: "default_web".</summary>
    public string Key { get; } = key;

    /// <summary>The pod's name for what the host has once, and for its data: another run root may have a pod of the same key.</summary>
    public string Owner { get; } = OwnerName.Of(host.RunRoot, host.RunRoot == PodHost.DefaultRunRoot, key);

    public string Name => Key[(Key.IndexOf('_', StringComparison.Ordinal) + 1)..];

    public string Namespace => Key[..Key.IndexOf('_', StringComparison.Ordinal)];

    /// <summary>What to do with a pod that is damaged.</summary>
    internal string Removal => $"\"peapod pod rm --force {(Namespace == "default" ? "" : $"--namespace {Namespace} ")}{Name}\" removes the pod";

    public string Run => $"{Host.PodsRoot}/{Key}";

    /// <summary>The manifest with its defaults.</summary>
    public string Manifest => $"{Run}/manifest.json";

    public string Lock => $"{Run}/supervisor.lock";

    /// <summary>What commands have asked for and is not done yet.</summary>
    public string Wishes => $"{Run}/wishes.json";

    /// <summary>Held by the command that makes the pod.</summary>
    public string CreatorLock => $"{Run}/creator.lock";

    /// <summary>What the supervisor has to say when something goes wrong after its pod has begun.</summary>
    public string SupervisorLog => $"{Run}/supervisor.log";

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

    /// <summary>Compiled system call filters, of all pods.</summary>
    public string Filters => Host.Filters;

    /// <summary>Root of the OCI states of the sandbox and the containers.</summary>
    public string Containers => $"{Run}/containers";

    public string Data => $"{Host.DataRoot}/pods/{Owner}";

    /// <summary>A symlink to <see cref="Run"/>: whose the data are, when a reboot has emptied that.</summary>
    public string RunLink => RunLinkOf(Data);

    internal static string RunLinkOf(string data) => $"{data}/run";

    public string VolumeOf(string volume) => $"{Data}/volumes/{volume}";

    /// <summary>What a container has on disk; there as long as it may hold a lease on its image.</summary>
    public string FolderOf(string container) => $"{Data}/containers/{container}";

    /// <summary>The writable layer of a container's present run.</summary>
    public string LayerOf(string container) => $"{FolderOf(container)}/layer";

    /// <summary>The name under which a container holds its image's layers.</summary>
    public string LeaseOf(string container) => $"{Owner}_{container}";

    /// <summary>The folder of a container's log files.</summary>
    public string LogsOf(string container) => $"{Data}/logs/{container}";

    /// <summary>What a container's present run leaves at its terminationMessagePath.</summary>
    public string TerminationMessageOf(string container) => $"{FolderOf(container)}/termination-message";

    /// <summary>What has happened to the pod.</summary>
    public string Events => $"{Run}/events.jsonl";

    /// <summary>Generated files: hosts, hostname, resolv.conf.</summary>
    public string Etc => $"{Data}/etc";

    public string FifoOf(string container, string stream) => $"{Run}/{container}.{stream}";

    public void Write(string file, ReadOnlySpan<byte> content)
    {
        using var folder = FileSystem.OpenDirectory(Run);
        try
        {
            FileSystem.Replace(folder, Path.GetFileName(file), content, PrivateFile);
        }
        catch (KernelException e) when (e.Error == Errno.EISDIR)
        {
            // None of ours: a file does not take a directory's place.
            FileTree.Remove($"{Run}/{Path.GetFileName(file)}");
            FileSystem.Replace(folder, Path.GetFileName(file), content, PrivateFile);
        }
    }

    /// <summary>The content, or null when it is not there. A link is none of ours, wherever it leads.</summary>
    public static byte[]? TryRead(string path) => FileSystem.TryReadBytes(path)
        ?? (FileSystem.TryStat(path, followSymlinks: false)?.Type == Libc.S_IFLNK ? throw new KernelException("open", path, Errno.ELOOP) : null);
}
