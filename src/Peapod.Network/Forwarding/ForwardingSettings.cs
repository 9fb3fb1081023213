using System.Text;
using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Network.Forwarding;

/// <summary>
/// The sysctls that let packets pass between the bridge and the outside. Forwarding is decided by the interface that a packet comes in by, so
/// it is set for the bridge and for the interfaces of the default routes alone; only IPv6 before Linux 6.17 (force_forwarding) knows
/// nothing but the whole host. What is changed outside the bridge is first written down, and put back when the network is removed.
/// </summary>
internal sealed partial class ForwardingSettings(NetworkConfiguration configuration, ILogger logger)
{
    private const string Root = "/proc/sys/net/";
    private const string RecordName = "sysctls";

    /// <summary>What the bridge itself needs; goes when the bridge goes.</summary>
    internal void EnableBridge()
    {
        var bridge = configuration.Bridge;

        // Connections from 127.0.0.1 to a host port go out by the bridge; the table's guard keeps pods from 127.0.0.0/8 all the same.
        FileSystem.WriteExisting($"{Root}ipv4/conf/{bridge}/route_localnet", "1");
        FileSystem.WriteExisting($"{Root}ipv4/conf/{bridge}/forwarding", "1");
        if (configuration.IPv6Subnet is null)
        {
            return;
        }

        // Pods are no routers for the host (CVE-2020-10749), and nobody else can have the gateway's addresses.
        FileSystem.WriteExisting($"{Root}ipv6/conf/{bridge}/accept_ra", "0");
        FileSystem.WriteExisting($"{Root}ipv6/conf/{bridge}/accept_dad", "0");
        if (CanForceIPv6(bridge))
        {
            FileSystem.WriteExisting($"{Root}ipv6/conf/{bridge}/force_forwarding", "1");
        }
    }

    /// <summary>What lets packets of the outside in.</summary>
    /// <param name="uplinkIPv4">The interface of the IPv4 default route, or null.</param>
    /// <param name="uplinkIPv6">The interface of the IPv6 default route, or null.</param>
    internal void EnableUplinks(string? uplinkIPv4, string? uplinkIPv6)
    {
        if (uplinkIPv4 is not null)
        {
            Change($"ipv4/conf/{uplinkIPv4}/forwarding", "1");
        }

        if (uplinkIPv6 is null || FileSystem.ReadText($"{Root}ipv6/conf/all/forwarding") == "1")
        {
            return;
        }

        if (CanForceIPv6(uplinkIPv6))
        {
            Change($"ipv6/conf/{uplinkIPv6}/force_forwarding", "1");
            return;
        }

        // A forwarding host no longer listens to router advertisements, by which it may have its own default route, unless told to.
        if (FileSystem.TryReadText($"{Root}ipv6/conf/{uplinkIPv6}/accept_ra") == "1")
        {
            Change($"ipv6/conf/{uplinkIPv6}/accept_ra", "2");
        }

        Change("ipv6/conf/all/forwarding", "1");
        LogGlobalIPv6(logger);
    }

    /// <summary>The links by which packets come in to be forwarded for no other reason than that pods need it.</summary>
    internal RoutedUplinks Routed()
    {
        var links = new List<(int Family, string? Name)>();
        foreach (var (name, old) in ReadChanges())
        {
            if (old != "0" || name.Split('/') is not [var protocol, "conf", var link, "forwarding" or "force_forwarding"])
            {
                continue;
            }

            if (link == "all")
            {
                links.Add((Libc.AF_INET6, null));
            }
            else if (!ForwardsAsAWhole(protocol))
            {
                links.Add((protocol == "ipv4" ? Libc.AF_INET : Libc.AF_INET6, link));
            }
        }

        return new RoutedUplinks(links);
    }

    /// <summary>
    /// Puts back what <see cref="EnableUplinks"/> changed outside the bridge, but for what somebody else needs by now: a value that is not
    /// the one that was set, and forwarding by a link when meanwhile the host as a whole forwards, which is what Docker, libvirt and
    /// administrators set. Who set a single link's forwarding to what it was already cannot be known.
    /// </summary>
    internal void Restore()
    {
        foreach (var (name, old) in Enumerable.Reverse(ReadChanges()))
        {
            var isForwarding = name.EndsWith("forwarding", StringComparison.Ordinal);
            if (FileSystem.TryReadText(Root + name) == (isForwarding ? "1" : "2")
                && !(isForwarding && !name.Contains("/all/", StringComparison.Ordinal) && ForwardsAsAWhole(name[..4])))
            {
                FileSystem.WriteExisting(Root + name, old);
            }
        }

        FileTree.Remove($"{configuration.DataFolder}/{RecordName}");
    }

    /// <summary>Empty when there is none, or none that can be read: what it said is lost then, and the pods' end is not to be kept up by that.</summary>
    private string ReadRecord()
    {
        try
        {
            return FileSystem.TryReadText($"{configuration.DataFolder}/{RecordName}") ?? "";
        }
        catch (KernelException error) when (error.IsDamage)
        {
            LogDamaged(logger, $"{configuration.DataFolder}/{RecordName}", error.Reason);
            FileTree.Remove($"{configuration.DataFolder}/{RecordName}");
            return "";
        }
    }

    /// <summary>Whether a line is one of those that <see cref="EnableUplinks"/> writes: half a name must not become another setting.</summary>
    private static bool IsOurs(string name, string value) =>
        value is "0" or "1" or "2" && !name.Contains("..", StringComparison.Ordinal)
        && name.Split('/') is ["ipv4" or "ipv6", "conf", { Length: > 0 }, "forwarding" or "force_forwarding" or "accept_ra"];

    private static bool ForwardsAsAWhole(string protocol) => FileSystem.TryReadText($"{Root}{protocol}/conf/all/forwarding") == "1";

    /// <summary>What was changed, in that order, and what it was before.</summary>
    private List<(string Name, string Old)> ReadChanges()
    {
        var changes = new List<(string, string)>();
        foreach (var line in ReadRecord().Split('\n'))
        {
            if (line.Split(' ') is [var name, var old] && IsOurs(name, old))
            {
                changes.Add((name, old));
            }
        }

        return changes;
    }

    private static bool CanForceIPv6(string link) => FileSystem.TryStat($"{Root}ipv6/conf/{link}/force_forwarding") is not null;

    private void Change(string name, string value)
    {
        var old = FileSystem.ReadText(Root + name);
        if (old == value)
        {
            return;
        }

        var record = ReadRecord();
        if (!record.Split('\n').Any(line => line.StartsWith(name + " ", StringComparison.Ordinal)))
        {
            using var folder = FileSystem.OpenDirectory(configuration.DataFolder);
            FileSystem.Replace(folder, RecordName, Encoding.UTF8.GetBytes($"{record}\n{name} {old}\n".TrimStart('\n')), 0x180);
        }

        try
        {
            FileSystem.WriteExisting(Root + name, value);
        }
        catch (KernelException error)
        {
            throw new NetworkException($"network: pods need the sysctl net/{name} to be {value}, and it cannot be set: {KernelException.Describe(error.Error)}", error);
        }

        LogChanged(logger, name, old, value);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "network: set the sysctl net/{Name} from {Old} to {Value}")]
    private static partial void LogChanged(ILogger logger, string name, string old, string value);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "network: {File} is damaged: {Reason}; the sysctls that it was to be set back by stay as they are")]
    private static partial void LogDamaged(ILogger logger, string file, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "network: this kernel cannot forward IPv6 for single interfaces; IPv6 forwarding is now on for the whole host")]
    private static partial void LogGlobalIPv6(ILogger logger);
}
