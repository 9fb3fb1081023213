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
    /// <exception cref="NetworkException">It is damaged.</exception>
    public Lease? Find(string podId) =>
        TryFind(podId, out var damage) is { } lease ? lease
        : damage is null ? null : throw new NetworkException($"network: the lease {pods}/{podId} is damaged: {damage}\n  \"peapod pod rm --force\" removes the pod, which gives the lease back");

    /// <param name="podId">The pod.</param>
    /// <param name="damage">Why the lease that is there cannot be read; null when it can, or there is none.</param>
    internal Lease? TryFind(string podId, out string? damage)
    {
        ValidatePodId(podId);
        damage = null;
        string? text;
        try
        {
            text = WholeText.TryRead($"{pods}/{podId}");
        }
        catch (Exception error) when (error is FormatException or KernelException { IsDamage: true })
        {
            damage = error is KernelException kernel ? kernel.Reason : error.Message;
            return null;
        }

        if (text is null)
        {
            return null;
        }

        var lines = text.Split('\n');
        if (!uint.TryParse(lines[0], out var hostPart) || hostPart < configuration.FirstPod || hostPart > configuration.LastPod)
        {
            damage = "its first line is not the number of an address";
            return null;
        }

        var mappings = new List<PortMapping>(lines.Length - 1);
        for (var i = 1; i < lines.Length; i++)
        {
            if (PortMapping.FromRecord(lines[i]) is not { } mapping)
            {
                damage = $"line {i + 1} is not a port";
                return null;
            }

            mappings.Add(mapping);
        }

        return Lease(podId, hostPart, mappings);
    }

    /// <summary>Whether no pod has a lease, not even a damaged one.</summary>
    internal bool IsEmpty() => FileSystem.TryStat(pods) is null || !FileSystem.List(pods).Exists(IsPodId);

    /// <summary>Without any lease all claims are left over.</summary>
    internal void RemoveClaims()
    {
        foreach (var folder in (ReadOnlySpan<string>)[addresses, ports])
        {
            foreach (var claim in FileSystem.List(folder))
            {
                FileTree.Remove($"{folder}/{claim}");
            }
        }
    }

    /// <summary>Every lease that can be read, in no order.</summary>
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
            if (IsPodId(podId) && TryFind(podId, out _) is { } lease)
            {
                leases.Add(lease);
            }
        }

        return leases;
    }

    internal static void ValidatePodId(string podId)
    {
        if (!IsPodId(podId))
        {
            throw new NetworkException($"network: the pod id \"{podId}\" must have 1 to 128 letters, digits, '-', '_' or '.', and not begin with '.'");
        }
    }

    private static bool IsPodId(string text)
    {
        var valid = text.Length is > 0 and <= 128 && text[0] != '.';
        foreach (var character in text)
        {
            valid &= char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.';
        }

        return valid;
    }

    /// <summary>Keeps every other process (and thread) from changing leases, the bridge and the table until disposed.</summary>
    internal FileLock Lock()
    {
        FileLock held;
        try
        {
            held = FileLock.Acquire(lockFile);
        }
        catch (KernelException error) when (error.Error == Errno.ENOENT || error.IsDamage)
        {
            if (error.IsDamage)
            {
                // Nobody can hold a lock on what is no file.
                FileTree.Remove(lockFile);
            }

            FileSystem.MakeDirectories(configuration.DataFolder, 0x1c0);
            held = FileLock.Acquire(lockFile);
        }

        foreach (var folder in (ReadOnlySpan<string>)[pods, addresses, ports])
        {
            MakeFolder(folder);
        }

        return held;
    }

    /// <summary>Makes it, in place of anything that is no folder too: what is in it is found again by the claims and leases that are left.</summary>
    private static void MakeFolder(string folder)
    {
        if (FileSystem.TryStat(folder, followSymlinks: false) is { IsDirectory: true })
        {
            return;
        }

        FileTree.Remove(folder);
        FileSystem.MakeDirectory(folder, 0x1c0);
    }

    internal Lease Allocate(FileLock held, string podId, IReadOnlyList<PortMapping> portMappings)
    {
        if (Find(podId) is { } existing)
        {
            return existing.Ports.SequenceEqual(portMappings)
                ? existing
                : throw new NetworkException($"network: the pod {podId} is attached already, with other host ports");
        }

        RefuseTaken(portMappings);
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

    /// <exception cref="NetworkException">One of the ports is another pod's, or none.</exception>
    internal void RefuseTaken(IReadOnlyList<PortMapping> portMappings)
    {
        ValidatePorts(portMappings);
        foreach (var mapping in portMappings)
        {
            if (PortHolder(mapping) is { } holder)
            {
                throw new NetworkException($"hostPort {mapping.HostPort}/{mapping.ProtocolName} is taken by pod {holder}");
            }
        }
    }

    /// <summary>Whether an address is claimed for the pod, with a lease or without one.</summary>
    internal bool HasAddress(string podId) =>
        FileSystem.TryStat(addresses) is not null && FileSystem.List(addresses).Exists(name => HolderOf($"{addresses}/{name}") == podId);

    internal bool Release(FileLock held, string podId)
    {
        _ = held;
        if (TryFind(podId, out var damage) is not { } lease)
        {
            // Perhaps somebody was killed between the claims and the lease, or it is damaged: only a look at all claims can tell.
            foreach (var name in FileSystem.List(addresses))
            {
                if (HolderOf($"{addresses}/{name}") == podId)
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

            FileTree.Remove($"{pods}/{podId}");
            return damage is not null;
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
            // One whose lease cannot be read claims the port all the same.
            if (TryFind(podId, out var damage)?.Ports.Any(mapping.Overlaps) ?? damage is not null)
            {
                return podId;
            }
        }

        return null;
    }

    /// <summary>The pods that claim a port. A claim that is no file of ours claims nothing.</summary>
    private List<string> PortClaims(string name)
    {
        try
        {
            return [.. (FileSystem.TryReadText($"{ports}/{name}") ?? "").Split('\n').Where(IsPodId)];
        }
        catch (KernelException error) when (error.IsDamage)
        {
            FileTree.Remove($"{ports}/{name}");
            return [];
        }
    }

    /// <summary>The pod that a claim of an address leads to; null when it is no claim.</summary>
    private static string? HolderOf(string claim)
    {
        try
        {
            var holder = FileSystem.ReadLink(claim);
            return IsPodId(holder) ? holder : null;
        }
        catch (KernelException error) when (error.IsDamage || error.Error == Errno.ENOENT)
        {
            return null;
        }
    }

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

            // A pod whose lease cannot be read may have this address.
            if (HolderOf(path) is { } holder && (TryFind(holder, out var damage)?.HostPart == number || damage is not null))
            {
                return false;
            }

            FileTree.Remove(path);
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
