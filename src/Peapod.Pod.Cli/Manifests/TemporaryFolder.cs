using Peapod.Kernel.Files;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>A folder of this process's own for files that another program shows or edits. It goes with the object, unless it is kept.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private bool isKept;

    /// <param name="name">How its name begins.</param>
    internal TemporaryFolder(string name)
    {
        Path = $"{(Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } own ? own : "/tmp")}/{name}-{Guid.NewGuid():n}";

        // mkdir(2) follows no link in the last place, and nobody else can write in the new folder.
        if (!FileSystem.MakeDirectory(Path, PodFolders.PrivateFolder))
        {
            throw new PodException($"{Path}: is there already");
        }
    }

    internal string Path { get; }

    /// <summary>What is in it is the user's from now on.</summary>
    internal void Keep() => isKept = true;

    public void Dispose()
    {
        if (!isKept)
        {
            FileTree.Remove(Path);
        }
    }
}
