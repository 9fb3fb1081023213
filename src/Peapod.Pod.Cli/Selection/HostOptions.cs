using System.CommandLine;
using Peapod.Kernel.Files;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Reboot;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Selection;

/// <summary>Where pods and images are kept; the same for all commands.</summary>
internal static class HostOptions
{
    internal static Option<string> RunRoot { get; } = new("--run-root")
    {
        Description = "folder of the running pods' state", DefaultValueFactory = static _ => PodHost.DefaultRunRoot, Recursive = true,
    };

    internal static Option<string> DataRoot { get; } = new("--data-root")
    {
        Description = "folder of images, volumes and logs", DefaultValueFactory = static _ => PodHost.DefaultDataRoot, Recursive = true,
    };

    internal static Option<string> NetworkFile { get; } = new("--network-config")
    {
        Description = "JSON file with the pods' bridge, ipv4Subnet, ipv6Subnet, mtu and table", DefaultValueFactory = static _ => PodHost.DefaultNetworkFile, Recursive = true,
    };

    internal static Option<string> RuntimesFile { get; } = new("--runtimes-config")
    {
        Description = "JSON file with the path and args of other OCI runtimes, by the handlers that RuntimeClasses name",
        DefaultValueFactory = static _ => Layout.RuntimesFile.DefaultPath, Recursive = true,
    };

    internal static Option<string> Namespace { get; } = new("--namespace", "-n")
    {
        Description = "the pods' namespace", DefaultValueFactory = static _ => "default", Recursive = true, HelpName = "NAMESPACE", CompletionSources = { CompletionWords.Namespaces },
    };

    /// <summary>As absolute paths: a supervisor works in another folder. The pods that a reboot ended are there again, ended.</summary>
    internal static PodHost Host(ParseResult parsed)
    {
        var host = Paths(parsed);
        HostBoot.Notice(host, static (folders, failure) => Damages.Tell($"pod \"{folders.Key}\": {failure.Message}"));
        return host;
    }

    private static PodHost Paths(ParseResult parsed) => new()
    {
        RunRoot = Path.GetFullPath(parsed.GetValue(RunRoot)!), DataRoot = Path.GetFullPath(parsed.GetValue(DataRoot)!), NetworkFile = Path.GetFullPath(parsed.GetValue(NetworkFile)!),
        RuntimesFile = Path.GetFullPath(parsed.GetValue(RuntimesFile)!),
    };

    /// <summary>The folders of a pod that is there.</summary>
    /// <param name="name">Its name; kubectl's pod/NAME means the same.</param>
    internal static PodFolders Find(ParseResult parsed, string name) => TryFind(parsed, name) ?? throw new PodException($"pods \"{NameOf(name)}\" not found");

    /// <inheritdoc cref="Find"/>
    internal static PodFolders? TryFind(ParseResult parsed, string name) => TryFind(Host(parsed), parsed.GetValue(Namespace)!, NameOf(name));

    /// <inheritdoc cref="Find"/>
    internal static PodFolders? TryFind(PodHost host, string space, string name) =>
        Named(host, space, name) is { } folders && FileSystem.TryStat(folders.Run, followSymlinks: false) is not null ? folders : null;

    /// <summary>The folders of a pod whose own is gone, but not all else of it.</summary>
    internal static PodFolders? TryFindLost(ParseResult parsed, string name) =>
        Named(Host(parsed), parsed.GetValue(Namespace)!, NameOf(name)) is { } folders && FileSystem.TryStat(folders.Run, followSymlinks: false) is null && PodTeardown.IsAnythingLeft(folders) ? folders : null;

    private static PodFolders? Named(PodHost host, string space, string name)
    {
        var folders = host.FoldersOf(space, name);

        // What cannot be a name must not become a path.
        return NameRules.Dns1123Subdomain(folders.Name) is null && NameRules.Dns1123Label(folders.Namespace) is null ? folders : null;
    }

    private static string NameOf(string name) => name.Split('/') is ["pod" or "pods" or "po", var bare] ? bare : name;

    /// <summary>The folders of a pod that is there, with a new supervisor in place of one that was killed.</summary>
    internal static PodFolders FindSupervised(ParseResult parsed, string name)
    {
        var folders = Find(parsed, name);
        SupervisorProcess.TakeOver(folders);
        return folders;
    }
}
