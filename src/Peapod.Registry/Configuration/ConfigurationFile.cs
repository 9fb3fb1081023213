using System.Text;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Registry.Configuration;

/// <summary>A small file of the host's, or of the user's, that may be missing.</summary>
internal static class ConfigurationFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null when it is not there.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    internal static string? TryRead(string file, int limit)
    {
        byte[] bytes;
        try
        {
            if (FileSystem.TryStat(file) is null)
            {
                return null;
            }

            bytes = FileSystem.ReadAllBytes(file, limit);
        }
        catch (KernelException error) when (error.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        catch (KernelException error)
        {
            throw new ImageException($"{file}: cannot be read: {error.Reason}", error);
        }

        try
        {
            return Strict.GetString(bytes);
        }
        catch (ArgumentException error)
        {
            throw new ImageException($"{file}: not valid UTF-8", error);
        }
    }

    /// <summary>The files of a folder whose names end so, in the order of their names; none when there is no such folder.</summary>
    internal static List<string> In(string folder, string ending)
    {
        if (FileSystem.TryStat(folder) is not { IsDirectory: true })
        {
            return [];
        }

        var names = FileSystem.List(folder).FindAll(name => name.EndsWith(ending, StringComparison.Ordinal));
        names.Sort(StringComparer.Ordinal);
        return names.ConvertAll(name => $"{folder}/{name}");
    }
}
