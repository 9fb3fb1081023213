using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Shim.Layout;

/// <summary>Where a shim keeps what it knows of its pod.</summary>
/// <param name="key">The pod's name below its run root, as it appears in ids and processes' names.</param>
/// <param name="owner">The pod's name for what the host has once.</param>
/// <param name="run">The folder of its state, which a reboot empties.</param>
/// <param name="data">The folder of its data on disk.</param>
/// <param name="filters">The folder of compiled system call filters, of all pods.</param>
public abstract class ShimFolders(string key, string owner, string run, string data, string filters)
{
    public const uint PrivateFolder = 0x1c0; // 0700
    private const uint PrivateFile = 0x180; // 0600

    public string Key { get; } = key;

    public string Owner { get; } = owner;

    public string Run { get; } = run;

    public string Data { get; } = data;

    public string Filters { get; } = filters;

    /// <summary>Root of the OCI states of the sandbox and the containers.</summary>
    public string Containers => $"{Run}/containers";

    /// <summary>What the shim has to say when something goes wrong after its pod has begun.</summary>
    public string SupervisorLog => $"{Run}/supervisor.log";

    /// <summary>The folder of a container's log files.</summary>
    public string LogsOf(string container) => $"{Data}/logs/{container}";

    public string FifoOf(string container, string stream) => $"{Run}/{container}.{stream}";

    /// <summary>Writes a file of <see cref="Run"/> as a whole, or not at all.</summary>
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
