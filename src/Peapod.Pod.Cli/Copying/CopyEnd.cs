using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Cli.Copying;

/// <summary>One end of a copy: a path on this host, or one in a container, where neither symlinks nor ".." lead out.</summary>
/// <param name="root">The container's root; null for this host.</param>
/// <param name="path">In a container absolute.</param>
/// <param name="text">As its user wrote it.</param>
internal sealed class CopyEnd(SafeFd? root, string path, string text) : IDisposable
{
    internal string Path { get; } = path;

    internal string Text { get; } = text;

    /// <summary>What is meant is what is in the folder, not the folder.</summary>
    internal bool MeansContent => Path is "/" or "." || Path.EndsWith("/.", StringComparison.Ordinal);

    internal bool MeansFolder => MeansContent || Path.EndsWith('/');

    /// <summary>The last name of the path.</summary>
    internal string Name => System.IO.Path.GetFileName(Path.TrimEnd('/')) is not ("" or "." or "..") and var name ? name : throw new PodException($"{Text}: a path that ends in a name is needed");

    internal string Folder => Path.TrimEnd('/').LastIndexOf('/') switch { < 0 => ".", 0 => "/", var slash => Path[..slash] };

    /// <summary>Opens what is there, at the end of all symlinks; null when there is nothing.</summary>
    /// <exception cref="PodException">With the path, and the kernel's reason.</exception>
    internal SafeFd? TryOpen(string which, int flags)
    {
        try
        {
            return root is null ? FileSystem.Open(which, flags | Libc.O_PATH) : FileSystem.OpenInRoot(root, which, flags | Libc.O_PATH);
        }
        catch (KernelException e) when (e.Error == Errno.ENOENT)
        {
            return null;
        }
        catch (KernelException e)
        {
            throw new PodException($"{Text}: {KernelException.Describe(e.Error)}", e);
        }
    }

    public void Dispose() => root?.Dispose();
}
