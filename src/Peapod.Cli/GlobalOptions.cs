using System.CommandLine;
using Peapod.Container.Cgroups;
using Peapod.Container.State;

namespace Peapod.Cli;

/// <summary>runc's global options; they stand before the command.</summary>
internal sealed class GlobalOptions
{
    internal const string DefaultRoot = "/run/peapod";

    internal Option<string> Root { get; } = new("--root") { Description = $"folder of the containers' states ({DefaultRoot})", DefaultValueFactory = static _ => DefaultRoot };

    internal Option<string?> Log { get; } = new("--log") { Description = "file to append the log to, beside standard error" };

    internal Option<string> LogFormat { get; } = new("--log-format") { Description = "text or json", DefaultValueFactory = static _ => "text" };

    internal Option<bool> Debug { get; } = new("--debug") { Description = "log what is done" };

    internal Option<bool> SystemdCgroup { get; } = new("--systemd-cgroup") { Description = "the same as --cgroup-manager=systemd" };

    /// <summary>With a default value: only then does the library look at what is given to an option that stands before a command.</summary>
    internal Option<string?> CgroupManager { get; } = new("--cgroup-manager") { Description = "cgroupfs, systemd, or disabled for no cgroup at all (crun's flag)", DefaultValueFactory = static _ => null };

    internal Option<string?> Rootless { get; } = new("--rootless") { Description = "accepted for runc's sake; Peapod runs as root" };

    internal Option<bool> Version { get; } = new("--version", "-v") { Description = "print the version" };

    /// <summary>Takes the sentence of what goes wrong without ending the command.</summary>
    internal Action<string>? Warn { get; set; }

    /// <summary>Takes the sentence of an error that keeps a command from a part of its work only; it ends with 1 then.</summary>
    internal Action<string>? Error { get; set; }

    /// <summary>Takes what is done, with --debug; null without it.</summary>
    internal Action<string>? Debugging { get; set; }

    /// <summary>The first word that is neither a global option nor the value of one.</summary>
    internal static string? CommandOf(string[] args) => IndexOfCommand(args) is >= 0 and var index ? args[index] : null;

    /// <inheritdoc cref="CommandOf"/>
    internal static int IndexOfCommand(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith('-'))
            {
                return i;
            }

            if (args[i] is "--root" or "--log" or "--log-format" or "--cgroup-manager" or "--rootless")
            {
                i++;
            }
        }

        return -1;
    }

    internal void AddTo(Command root)
    {
        root.Options.Add(Root);
        root.Options.Add(Log);
        root.Options.Add(LogFormat);
        root.Options.Add(Debug);
        root.Options.Add(SystemdCgroup);
        root.Options.Add(CgroupManager);
        root.Options.Add(Rootless);
        root.Options.Add(Version);
        LogFormat.AcceptOnlyFromAmong("text", "json");
        CgroupManager.AcceptOnlyFromAmong("cgroupfs", "systemd", "disabled");
        root.SetAction(parsed =>
        {
            if (parsed.GetValue(Version))
            {
                VersionText.Print();
                return 0;
            }

            HelpText.Print(root);
            return 0;
        });
    }

    internal ContainerStore Store(ParseResult parsed) => new(parsed.GetValue(Root)!) { Warn = Warn, Debug = Debugging };

    /// <summary>Who makes a container's cgroup: --cgroup-manager, of which --systemd-cgroup is the short form.</summary>
    internal CgroupManager ManagerOf(ParseResult parsed) => parsed.GetValue(CgroupManager) switch
    {
        "cgroupfs" => Container.Cgroups.CgroupManager.FileSystem,
        "systemd" => Container.Cgroups.CgroupManager.Systemd,
        "disabled" => Container.Cgroups.CgroupManager.None,
        _ => parsed.GetValue(SystemdCgroup) ? Container.Cgroups.CgroupManager.Systemd : Container.Cgroups.CgroupManager.FileSystem,
    };
}
