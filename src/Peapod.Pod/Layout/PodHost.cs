using Peapod.Kernel.Files;
using Peapod.Network;

namespace Peapod.Pod.Layout;

/// <summary>Where pods are kept on this host: what a reboot ends below <see cref="RunRoot"/>, what outlives one below <see cref="DataRoot"/>.</summary>
public sealed record PodHost
{
    public const string DefaultRunRoot = "/run/peapod-pods";
    public const string DefaultDataRoot = "/var/lib/peapod";

    public string RunRoot { get; init; } = DefaultRunRoot;

    public string DataRoot { get; init; } = DefaultDataRoot;

    public NetworkConfiguration Network { get; init; } = new();

    /// <summary>The node's name, as pods are told it and `ps -o wide` shows it.</summary>
    public static string NodeName => FileSystem.ReadText("/proc/sys/kernel/hostname");

    public PodFolders FoldersOf(string podNamespace, string name) => new(this, $"{podNamespace}_{name}");

    /// <summary>The pods there are, in the order of their names.</summary>
    public IReadOnlyList<PodFolders> Pods()
    {
        if (FileSystem.TryStat(RunRoot) is null)
        {
            return [];
        }

        var names = FileSystem.List(RunRoot);
        names.Sort(StringComparer.Ordinal);
        return names.ConvertAll(name => new PodFolders(this, name));
    }
}
