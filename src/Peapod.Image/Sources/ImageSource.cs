using Peapod.Image.Documents;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Image.Sources;

/// <summary>The files of an image as someone hands it over: a folder, or an archive of one.</summary>
internal abstract class ImageSource : IDisposable
{
    /// <summary>What the user called it.</summary>
    internal abstract string Path { get; }

    /// <param name="path">A folder or a tar archive, which may be packed with gzip.</param>
    /// <param name="staging">A folder for an unpacked archive.</param>
    /// <param name="limits">Among them, the bytes an unpacked archive may have.</param>
    internal static ImageSource Open(string path, SafeFd staging, LoadLimits limits)
    {
        SafeFd file;
        try
        {
            file = FileSystem.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        }
        catch (KernelException error)
        {
            throw new ImageException($"cannot open \"{path}\": {KernelException.Describe(error.Error)}", error);
        }

        var status = FileSystem.Stat(file, path);
        if (status.IsDirectory)
        {
            return new DirectorySource(file, path);
        }

        if (status.Type != Libc.S_IFREG)
        {
            file.Dispose();
            throw new ImageException($"\"{path}\" is neither a folder nor a file; expected an OCI image layout, or a tar archive of one");
        }

        return ArchiveSource.Open(file, path, staging, limits);
    }

    /// <summary>A file by its path below the source's root; null when it is not there. Its length is in bytes.</summary>
    internal abstract Stream? TryOpen(string name, out long length);

    /// <summary>What a descriptor leads to; null when it is not there. Its length is in bytes.</summary>
    internal virtual Stream? TryOpen(Descriptor descriptor, out long length) => TryOpen(NameOf(descriptor.Digest), out length);

    /// <summary>What to call a blob in a message.</summary>
    internal virtual string NameOf(Digest blob) => $"blobs/sha256/{blob.Hex}";

    /// <summary>Ends what other threads wait for here: one has failed, and the image is given up.</summary>
    internal virtual void GiveUp()
    {
    }

    /// <summary>A whole small file; null when it is not there.</summary>
    internal byte[]? TryReadDocument(string name, int limit)
    {
        using var stream = TryOpen(name, out var length);
        if (stream is null)
        {
            return null;
        }

        if (length > limit)
        {
            throw new ImageException($"{Path}: {name} has {length} bytes; a document may have {limit}");
        }

        var content = new byte[length];
        stream.ReadExactly(content);
        return content;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
