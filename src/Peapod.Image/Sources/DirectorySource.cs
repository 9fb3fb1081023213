using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Sources;

/// <summary>An image layout in a folder. Symlinks in it lead nowhere outside it, and only regular files are read.</summary>
internal sealed class DirectorySource(SafeFd root, string path) : ImageSource
{
    internal override string Path => path;

    internal override Stream? TryOpen(string name, out long length)
    {
        SafeFd file;
        length = 0;
        try
        {
            file = FileSystem.OpenInRoot(root, name, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY);
        }
        catch (KernelException error) when (error.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        catch (KernelException error)
        {
            throw new ImageException($"{path}: cannot open {Printable.Short(name)}: {KernelException.Describe(error.Error)}", error);
        }

        using (file)
        {
            var status = FileSystem.Stat(file, name);
            if (status.Type != Libc.S_IFREG)
            {
                throw new ImageException($"{path}: {Printable.Short(name)} is not a regular file");
            }

            length = (long)status.Size;
            return new FileStream(file.Duplicate().Detach(), FileAccess.Read, bufferSize: 0);
        }
    }

    protected override void Dispose(bool disposing) => root.Dispose();
}
