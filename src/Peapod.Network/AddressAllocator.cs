using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Network;

/// <summary>
/// Gives each pod an address of its own and keeps who has what on disk. A process may be killed at any point:
/// <list type="bullet">
/// <item><c>pods/ID</c> is the lease; it alone counts, and appears and disappears in one step;</item>
/// <item><c>addresses/N</c>, a symlink to the pod's id, and <c>ports/PROTOCOL-PORT</c> are claims, made before the lease and removed after it.
/// A claim of a pod whose lease does not say the same is left over, and whoever meets it takes it.</item>
/// </list>
/// All under a flock on <c>lock</c>, whose content is the number to try next, so that an address is not given again at once.
/// No step looks at all leases, so the thousandth pod costs what the first did.
/// </summary>
public sealed class AddressAllocator
{
    private readonly NetworkConfiguration configuration;
    private readonly string lockFile;
    private readonly string pods;
    private readonly string addresses;
    private readonly string ports;

    public AddressAllocator(NetworkConfiguration configuration)
    {
        configuration.Validate();
        this.configuration = configuration;
        lockFile = $"{configuration.DataFolder}/lock";
        pods = $"{configuration.DataFolder}/pods";
        addresses = $"{configuration.DataFolder}/addresses";
        ports = $"{configuration.DataFolder}/ports";
    }

    /// <summary>The pod's lease; a new one unless it has one already.</summary>
    /// <exception cref="NetworkException">No address is free, or a host port belongs to another pod.</exception>
    public Lease Allocate(string podId, IReadOnlyList<PortMapping> portMappings)
    {
        using var held = Lock();
        return Allocate(held, podId, portMappings);
    }

    /// <summary>Ends the pod's lease; false when it has none.</summary>
    public bool Release(string podId)
    {
        using var held = Lock();
        return Release(held, podId);
    }

    /// <summary>The pod's lease, or null.</summary>
    public Lease? Find(string podId)
    {
        ValidatePodId(podId);
        var text = FileSystem.TryReadText($"{pods}/{podId}");
        if (text is null)
        {
            return null;
        }

        var lines = text.Split('\n');
        if (!uint.TryParse(lines[0], out var hostPart))
        {
            throw new NetworkException($"network: the lease {pods}/{podId} cannot be read: its first line is \"{lines[0]}\", not a number");
        }

        var mappings = new List<PortMapping>(lines.Length - 1);
        for (var i = 1; i < lines.Length; i++)
        {
            mappings.Add(PortMapping.FromRecord(lines[i])
                ?? throw new NetworkException($"network: the lease {pods}/{podId} cannot be read: \"{lines[i]}\" is not a port"));
        }

        return Lease(podId, hostPart, mappings);
    }

    /// <summary>Every lease, in no order.</summary>
    public IReadOnlyList<Lease> List()
    {
        var leases = new List<Lease>();
        if (FileSystem.TryStat(pods) is null)
        {
            return leases;
        }

        foreach (var podId in FileSystem.List(pods))
        {
            // A name with a dot in front is a lease being written; one that has gone since was released.
            if (!podId.StartsWith('.') && Find(podId) is { } lease)
            {
                leases.Add(lease);
            }
        }

        return leases;
    }

    internal static void ValidatePodId(string podId)
    {
        var valid = podId.Length is > 0 and <= 128 && podId[0] != '.';
        foreach (var character in podId)
        {
            valid &= char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.';
        }

        if (!valid)
        {
            throw new NetworkException($"network: the pod id \"{podId}\" must have 1 to 128 letters, digits, '-', '_' or '.', and not begin with '.'");
        }
    }

    /// <summary>Keeps every other process (and thread) from changing leases, the bridge and the table until disposed.</summary>
    internal FileLock Lock()
    {
        FileLock held;
        try
        {
            held = FileLock.Acquire(lockFile);
        }
        catch (KernelException error) when (error.Error == Errno.ENOENT)
        {
            FileSystem.MakeDirectories(configuration.DataFolder, 0x1c0);
            held = FileLock.Acquire(lockFile);
        }

        // Made in this order and under the lock: when the last is there, all are.
        if (FileSystem.TryStat(ports) is null)
        {
            FileSystem.MakeDirectory(pods, 0x1c0);
            FileSystem.MakeDirectory(addresses, 0x1c0);
            FileSystem.MakeDirectory(ports, 0x1c0);
        }

        return held;
    }

    internal Lease Allocate(FileLock held, string podId, IReadOnlyList<PortMapping> portMappings)
    {
        if (Find(podId) is { } existing)
        {
            return existing.Ports.SequenceEqual(portMappings)
                ? existing
                : throw new NetworkException($"network: the pod {podId} is attached already, with other host ports");
        }

        ValidatePorts(portMappings);
        foreach (var mapping in portMappings)
        {
            if (PortHolder(mapping) is { } holder)
            {
                throw new NetworkException(
                    $"hostPort {mapping.HostPort}/{mapping.ProtocolName} is taken by pod {holder}");
            }
        }

        var hostPart = ClaimAddress(held, podId);
        foreach (var mapping in portMappings)
        {
            ClaimPort(podId, mapping);
        }

        var lease = Lease(podId, hostPart, portMappings);
        var text = new StringBuilder().Append(hostPart).Append('\n');
        foreach (var mapping in portMappings)
        {
            text.Append(mapping.ToRecord()).Append('\n');
        }

        using var directory = FileSystem.OpenDirectory(pods);
        FileSystem.Replace(directory, podId, Encoding.UTF8.GetBytes(text.ToString()), 0x180);
        return lease;
    }

    internal bool Release(FileLock held, string podId)
    {
        _ = held;
        if (Find(podId) is not { } lease)
        {
            // Perhaps somebody was killed between the claims and the lease: only a look at all claims can tell.
            foreach (var name in FileSystem.List(addresses))
            {
                if (FileSystem.ReadLink($"{addresses}/{name}") == podId)
                {
                    FileSystem.RemoveFile($"{addresses}/{name}");
                }
            }

            foreach (var name in FileSystem.List(ports))
            {
                if (!RemoveUnfinished(ports, name))
                {
                    RewritePortClaims(name, podId, null);
                }
            }

            foreach (var name in FileSystem.List(pods))
            {
                RemoveUnfinished(pods, name);
            }

            return false;
        }

        FileSystem.RemoveFile($"{pods}/{podId}");
        FileSystem.RemoveFile($"{addresses}/{lease.HostPart}");
        foreach (var mapping in lease.Ports)
        {
            RewritePortClaims(ClaimName(mapping), podId, null);
        }

        return true;
    }

    /// <summary>Removes a file that somebody was killed in writing: under the lock nobody writes now, and finished names have no dot in front.</summary>
    private static bool RemoveUnfinished(string folder, string name) => name.StartsWith('.') && FileSystem.RemoveFile($"{folder}/{name}");

    private static void ValidatePorts(IReadOnlyList<PortMapping> mappings)
    {
        for (var i = 0; i < mappings.Count; i++)
        {
            var mapping = mappings[i];
            if (mapping.HostPort is < 1 or > 65535 || mapping.PodPort is < 1 or > 65535)
            {
                throw new NetworkException($"hostPort {mapping.HostPort} to containerPort {mapping.PodPort}: a port must be from 1 to 65535");
            }

            for (var j = 0; j < i; j++)
            {
                if (mapping.Overlaps(mappings[j]))
                {
                    throw new NetworkException($"hostPort {mapping.HostPort}/{mapping.ProtocolName} is asked for twice by the same pod");
                }
            }
        }
    }

    private static string ClaimName(PortMapping mapping) => $"{mapping.ProtocolName}-{mapping.HostPort}";

    private Lease Lease(string podId, uint hostPart, IReadOnlyList<PortMapping> mappings) =>
        new(podId, hostPart, configuration.IPv4Address(hostPart), configuration.IPv6Address(hostPart), mappings);

    /// <summary>The pod whose lease has a port that overlaps this one, or null.</summary>
    private string? PortHolder(PortMapping mapping)
    {
        foreach (var podId in PortClaims(ClaimName(mapping)))
        {
            if (Find(podId)?.Ports.Any(mapping.Overlaps) == true)
            {
                return podId;
            }
        }

        return null;
    }

    private string[] PortClaims(string name) =>
        FileSystem.TryReadText($"{ports}/{name}")?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private void ClaimPort(string podId, PortMapping mapping) => RewritePortClaims(ClaimName(mapping), null, podId);

    private void RewritePortClaims(string name, string? without, string? with)
    {
        var before = PortClaims(name);
        var after = before.Where(podId => podId != without && podId != with);
        if (with is not null)
        {
            after = after.Append(with);
        }

        var text = string.Join('\n', after);
        if (text.Length == 0)
        {
            FileSystem.RemoveFile($"{ports}/{name}");
        }
        else if (!before.SequenceEqual(after))
        {
            using var directory = FileSystem.OpenDirectory(ports);
            FileSystem.Replace(directory, name, Encoding.UTF8.GetBytes(text + "\n"), 0x180);
        }
    }

    private uint ClaimAddress(FileLock held, string podId)
    {
        var first = configuration.FirstPod;
        var count = configuration.LastPod - first + 1;
        var start = ReadNext(held);
        for (uint i = 0; i < count; i++)
        {
            var number = first + ((start - first + i) % count);
            if (TryClaim(number, podId))
            {
                WriteNext(held, number + 1);
                return number;
            }
        }

        throw new NetworkException(
            $"network: every address of {configuration.IPv4Subnet} is leased to a pod ({count} of {count}); remove a pod or configure a larger subnet");
    }

    private bool TryClaim(uint number, string podId)
    {
        var path = $"{addresses}/{number}";
        while (Libc.symlinkat(podId, Libc.AT_FDCWD, path) != 0)
        {
            var error = KernelException.Last("symlink", path);
            if (error.Error != Errno.EEXIST)
            {
                throw error;
            }

            var holder = FileSystem.ReadLink(path);
            if (Find(holder)?.HostPart == number)
            {
                return false;
            }

            FileSystem.RemoveFile(path);
        }

        return true;
    }

    private uint ReadNext(FileLock held)
    {
        Span<byte> buffer = stackalloc byte[16];
        KernelException.Check((nint)Libc.lseek(held.File.Number, 0, 0), "lseek", lockFile);
        var length = FileSystem.Read(held.File, buffer, lockFile);
        return uint.TryParse(buffer[..length].TrimEnd((byte)'\n'), out var next) && next >= configuration.FirstPod && next <= configuration.LastPod
            ? next
            : configuration.FirstPod;
    }

    private void WriteNext(FileLock held, uint next)
    {
        // Always of one length and by one write: there is no moment at which it is half a number.
        KernelException.Check((nint)Libc.lseek(held.File.Number, 0, 0), "lseek", lockFile);
        FileSystem.Write(held.File, Encoding.ASCII.GetBytes($"{next:D10}\n"), lockFile);
    }
}
