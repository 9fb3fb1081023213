using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Image.Saving;

/// <summary>A folder, which is there and empty.</summary>
public sealed class FolderTarget(string folder) : ISaveTarget
{
    public void Write(string name, Stream content, long size)
    {
        if (name.LastIndexOf('/') is > 0 and var slash)
        {
            FileSystem.MakeDirectories($"{folder}/{name[..slash]}", 0x1ed);
        }

        using var file = FileSystem.Open($"{folder}/{name}", Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x1a4);
        var buffer = new byte[128 << 10];
        for (int count; (count = content.Read(buffer)) > 0;)
        {
            FileSystem.Write(file, buffer.AsSpan(0, count), name);
        }
    }
}
