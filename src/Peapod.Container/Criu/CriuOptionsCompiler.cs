using Peapod.Container.Mounts;
using Peapod.Container.Notify;
using Peapod.Container.Plans;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Criu;

/// <summary>
/// Turns a configuration and runc's flags into what criu is asked for. Pure: what has to be looked up is brought. What is not of the image, and
/// so is named here, is known from the configuration alone: bind mounts, the devices and masks that are bind mounts, namespaces by path.
/// </summary>
internal static class CriuOptionsCompiler
{
    internal const string DumpLog = "dump.log", RestoreLog = "restore.log";

    private const string NotifyName = "peapod-notify";
    private const string NullDevice = "/dev/null";

    /// <summary>Where runc, too, has criu look for options that win over those given here.</summary>
    private const string DefaultConfigFile = "/etc/criu/runc.conf";

    /// <exception cref="SpecException">A field that a container cannot be dumped with.</exception>
    internal static CriuOptions Dump(Spec spec, CheckpointRequest request, DumpFacts facts)
    {
        var options = Common(spec, request.Options, facts.ImagesFd, facts.WorkFd) with
        {
            LogFile = DumpLog,
            Pid = facts.Pid,
            Root = facts.Rootfs,
            LeaveRunning = request.LeaveRunning,
            TcpSkipInFlight = request.TcpSkipInFlight,
            LinkRemap = request.LinkRemap,
            ParentImages = request.Parent,
            TrackMemory = request.Parent is not null,
            PageServer = request.PageServer,
            FreezeCgroup = facts.Cgroup.Length > 0 ? facts.Cgroup : null,
            External = ExternalNamespaces(spec, facts),
        };

        // A dump before the dump looks at memory alone.
        return request.PreDump ? options : options with { ExternalMounts = DumpedMounts(spec, facts) };
    }

    /// <exception cref="SpecException">A field that a container cannot be restored with.</exception>
    internal static CriuOptions Restore(RestoreRequest request, RestoreFacts facts)
    {
        var inherited = new List<KeyValuePair<string, int>>();
        var joined = new List<KeyValuePair<string, string>>();
        var namespaces = request.Spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            var (type, path) = (namespaces![i].Type, namespaces[i].Path);
            if (string.IsNullOrEmpty(path))
            {
                continue;
            }

            if (ExternalName(type) is { } name)
            {
                inherited.Add(new(name, facts.NamespaceFd(path, $"linux.namespaces[{i}].path")));
            }
            else if (type is "cgroup" or "mount")
            {
                throw new SpecException($"linux.namespaces[{i}].path", $"criu cannot restore into a {type} namespace that is there already");
            }
            else
            {
                joined.Add(new(type, path));
            }
        }

        for (var fd = 0; fd < facts.Descriptors.Count; fd++)
        {
            if (IsPipe(facts.Descriptors[fd]))
            {
                inherited.Add(new(facts.Descriptors[fd], fd));
            }
        }

        return Common(request.Spec, request.Options, facts.ImagesFd, facts.WorkFd) with
        {
            LogFile = RestoreLog,
            Root = facts.Root,
            EvasiveDevices = true,
            RestoreSibling = true,
            CgroupRoot = facts.CgroupRoot,
            InheritedFds = inherited,
            JoinedNamespaces = joined,
            ExternalMounts = RestoredMounts(request.Spec, request.Bundle, facts),
            LsmProfile = request.LsmProfile,
            LsmMountContext = request.LsmMountContext,
        };
    }

    /// <summary>The link of a descriptor that is a pipe: "pipe:[NUMBER]".</summary>
    internal static bool IsPipe(string link)
    {
        const string start = "pipe:[";
        return link.StartsWith(start, StringComparison.Ordinal) && link.EndsWith(']') && link.Length > start.Length + 1
            && !link.AsSpan(start.Length, link.Length - start.Length - 1).ContainsAnyExceptInRange('0', '9');
    }

    private static CriuOptions Common(Spec spec, ImageOptions options, int images, int? work) => new()
    {
        ImagesFd = images,
        WorkFd = work,
        LogFile = "",
        TcpEstablished = options.TcpEstablished,
        ExtUnixSk = options.ExtUnixSk,
        ShellJob = options.ShellJob,
        FileLocks = options.FileLocks,
        AutoDedup = options.AutoDedup,
        LazyPages = options.LazyPages,
        CgroupsMode = options.CgroupsMode,

        // A bind mount follows the host's mounts when its options do not say otherwise.
        ExternalMasters = true,

        // Links and addresses are not the runtime's: who made them makes them again.
        EmptyNamespaces = Libc.CLONE_NEWNET,
        ConfigFile = ConfigFile(spec),
    };

    /// <summary>The annotation org.criu.config names another file; an empty one names none.</summary>
    private static string? ConfigFile(Spec spec) =>
        spec.Annotations?.TryGetValue("org.criu.config", out var file) != true ? DefaultConfigFile : string.IsNullOrEmpty(file) ? null : file;

    private static List<string> ExternalNamespaces(Spec spec, DumpFacts facts)
    {
        var external = new List<string>();
        var namespaces = spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            if (!string.IsNullOrEmpty(namespaces![i].Path) && ExternalName(namespaces[i].Type) is { } name)
            {
                var type = namespaces[i].Type == "network" ? "net" : namespaces[i].Type;
                external.Add($"{type}[{facts.Inode(namespaces[i].Path!, $"linux.namespaces[{i}].path")}]:{name}");
            }
        }

        return external;
    }

    /// <summary>The names are runc's, so that an image of one can be restored by the other.</summary>
    private static string? ExternalName(string type) => type switch
    {
        "network" => "extRootNetNS",
        "pid" => "extRootPidNS",
        _ => null,
    };

    private static List<KeyValuePair<string, string>> DumpedMounts(Spec spec, DumpFacts facts)
    {
        var mounts = new List<KeyValuePair<string, string>>();
        for (var i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            if (IsExternal(spec, spec.Mounts![i]) && facts.PlaceOf(spec.Mounts[i].Destination!) is { } place)
            {
                mounts.Add(new(place.Path, NameOf(spec.Mounts[i])));
            }
        }

        for (var i = 0; i < (spec.Linux?.MaskedPaths?.Count ?? 0); i++)
        {
            // A masked directory is an empty file system, and the image's.
            if (facts.PlaceOf(spec.Linux!.MaskedPaths![i]) is { IsDirectory: false } place)
            {
                mounts.Add(new(place.Path, NullDevice));
            }
        }

        foreach (var device in DevicePlan.PathsOf(spec))
        {
            mounts.Add(new(device, device));
        }

        mounts.Add(new(NotifySocket.FolderInContainer, NotifyName));
        return mounts;
    }

    private static List<KeyValuePair<string, string>> RestoredMounts(Spec spec, string bundle, RestoreFacts facts)
    {
        var mounts = new List<KeyValuePair<string, string>>();
        for (var i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            var mount = spec.Mounts![i];
            if (IsExternal(spec, mount))
            {
                mounts.Add(new(NameOf(mount), IsBind(mount) ? RootPlan.Resolve(bundle, mount.Source!) : facts.CgroupMount));
            }
        }

        if (spec.Linux?.MaskedPaths is { Count: > 0 })
        {
            mounts.Add(new(NullDevice, facts.NullDevice));
        }

        foreach (var device in DevicePlan.PathsOf(spec))
        {
            if (device != NullDevice || spec.Linux?.MaskedPaths is not { Count: > 0 })
            {
                mounts.Add(new(device, device));
            }
        }

        mounts.Add(new(NotifyName, facts.NotifyFolder));
        return mounts;
    }

    /// <summary>What comes from the host; a cgroup mount does without a cgroup namespace.</summary>
    private static bool IsExternal(Spec spec, Mount mount) =>
        IsBind(mount) || (mount.Type is "cgroup" or "cgroup2" && !NamespacePlan.Has(spec, Libc.CLONE_NEWCGROUP));

    private static bool IsBind(Mount mount) => mount.Type == "bind" || MountOptions.Parse(mount.Options).IsBind;

    private static string NameOf(Mount mount) => Path.GetFullPath(mount.Destination!, "/");
}
