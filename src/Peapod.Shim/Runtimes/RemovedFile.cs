using Peapod.Kernel.Files;

namespace Peapod.Shim.Runtimes;

/// <summary>A file that goes with this object.</summary>
internal sealed class RemovedFile(string path) : IDisposable
{
    internal string Path => path;

    public void Dispose() => FileSystem.RemoveFile(path);
}
