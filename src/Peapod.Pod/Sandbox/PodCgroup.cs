using System.Globalization;
using Peapod.Container;
using Peapod.Container.Cgroups;
using Peapod.Host;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// Where pods are in the cgroup hierarchy, as the kubelet has it: Guaranteed ones at the top, the others below a cgroup of their
/// QoS class, so that together they have no more of a busy cpu than they asked for.
/// </summary>
internal static class PodCgroup
{
    private const string Root = PodsCgroup.Root;

    private const string Burstable = Root + "/burstable", BestEffort = Root + "/besteffort";

    /// <summary>The pod's cgroup, below the hierarchy's mount point.</summary>
    internal static string Of(PodManifest pod, PodFolders folders) => $"{ParentOf(pod)}/{folders.Owner}";

    /// <summary>The controllers of the hierarchy's root.</summary>
    internal static string[] Controllers(CgroupHierarchy hierarchy) => (FileSystem.TryReadText($"{hierarchy.MountPoint}/cgroup.controllers") ?? "").Split(' ');

    /// <summary>Writes the pod's own limits, and the weight of its QoS class. The cgroup is there: the sandbox's is below it.</summary>
    /// <exception cref="ContainerException">A limit whose controller the host does not give.</exception>
    internal static void Apply(PodManifest pod, PodFolders folders)
    {
        var hierarchy = CgroupHierarchy.Find();
        var controllers = Controllers(hierarchy);
        var resources = new KubeletResources(controllers).Of(pod);
        if (PidsLimit.Read(folders) is { } limit)
        {
            resources = resources with { Pids = new() { Limit = limit } };
        }

        var settings = CgroupSettings.Compile(resources);
        if (settings.Count > 0)
        {
            using var cgroup = Cgroup.Open($"{hierarchy.MountPoint}{Of(pod, folders)}");
            try
            {
                cgroup.Change(settings, field => field == "linux.resources.pids.limit" ? "--pod-pids-limit" : LimitField.Of(pod.Spec, field));
            }
            catch (ContainerException e)
            {
                throw new ContainerException(LimitField.Explain(e.Message), e.ExitCode, e);
            }
        }

        var parent = ParentOf(pod);
        if (parent != Root && Array.IndexOf(controllers, "cpu") >= 0)
        {
            var weight = parent == BestEffort ? CgroupSettings.WeightOf(KubeletResources.Shares(0)) : WeightOfChildren($"{hierarchy.MountPoint}{parent}");
            FileSystem.WriteExisting($"{hierarchy.MountPoint}{parent}/cpu.weight", weight.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Kills what is in the pod's cgroup.</summary>
    internal static void Kill(PodFolders folders)
    {
        var hierarchy = CgroupHierarchy.Find();
        foreach (var parent in (ReadOnlySpan<string>)[Burstable, BestEffort, Root])
        {
            using var cgroup = Cgroup.TryOpen($"{hierarchy.MountPoint}{parent}/{folders.Owner}");
            cgroup?.Kill();
        }
    }

    /// <summary>Kills what is in the pod's cgroup and removes it, wherever it is; and what was shared with others, with the last pod.</summary>
    internal static void Remove(CgroupHierarchy hierarchy, PodFolders folders)
    {
        foreach (var parent in (ReadOnlySpan<string>)[Burstable, BestEffort, Root])
        {
            using var cgroup = Cgroup.TryOpen($"{hierarchy.MountPoint}{parent}/{folders.Owner}");
            if (cgroup is not null)
            {
                cgroup.Kill();
                cgroup.Remove();
            }

            Libc.unlinkat(Libc.AT_FDCWD, $"{hierarchy.MountPoint}{parent}", Libc.AT_REMOVEDIR);
        }
    }

    /// <summary>Whether it is there, wherever it is.</summary>
    internal static bool IsThere(CgroupHierarchy hierarchy, PodFolders folders) => PathsOf(hierarchy, folders).Exists(static path => FileSystem.TryStat(path) is not null);

    /// <summary>Whether a process lives in it.</summary>
    internal static bool IsPopulated(CgroupHierarchy hierarchy, PodFolders folders) =>
        PathsOf(hierarchy, folders).Exists(static path => FileSystem.TryReadText($"{path}/cgroup.events")?.Contains("populated 1", StringComparison.Ordinal) == true);

    private static List<string> PathsOf(CgroupHierarchy hierarchy, PodFolders folders) =>
        [$"{hierarchy.MountPoint}{Burstable}/{folders.Owner}", $"{hierarchy.MountPoint}{BestEffort}/{folders.Owner}", $"{hierarchy.MountPoint}{Root}/{folders.Owner}"];

    private static string ParentOf(PodManifest pod) => QosClass.Of(pod) switch
    {
        QosClass.Guaranteed => Root,
        QosClass.Burstable => Burstable,
        _ => BestEffort,
    };

    /// <summary>All burstable pods together have the weight of what they request together: of the shares of each, by its own cgroup.</summary>
    private static ulong WeightOfChildren(string parent)
    {
        var shares = 0UL;
        using var directory = FileSystem.Open(parent, Libc.O_RDONLY | Libc.O_DIRECTORY);
        foreach (var name in FileSystem.ListDirectories(directory, parent))
        {
            if (ulong.TryParse(FileSystem.TryReadText($"{parent}/{name}/cpu.weight"), NumberStyles.None, CultureInfo.InvariantCulture, out var weight))
            {
                shares += SharesOf(weight);
            }
        }

        return CgroupSettings.WeightOf(Math.Max(shares, KubeletResources.Shares(0)));
    }

    /// <summary>The other way round on the curve of <see cref="CgroupSettings.WeightOf"/>.</summary>
    internal static ulong SharesOf(ulong weight)
    {
        // log² + 125 log = 612 (lg weight + 7/34), for the logarithm to the base 2 of the shares.
        var right = 612 * (Math.Log10(weight) + (7.0 / 34.0));
        return (ulong)Math.Round(Math.Pow(2, (-125 + Math.Sqrt((125.0 * 125.0) + (4 * right))) / 2));
    }
}
