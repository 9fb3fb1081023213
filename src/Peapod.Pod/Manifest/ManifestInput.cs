using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Manifest;

/// <summary>What <c>-f</c> names: files, folders of files, and <c>-</c> for standard input.</summary>
public static class ManifestInput
{
    private const string StandardInput = "-";

    /// <summary>Reads all of them as if they were one file; no object may be in two of them.</summary>
    /// <param name="paths">Of a folder all <c>*.yaml</c>, <c>*.yml</c> and <c>*.json</c> in it, in the order of their names.</param>
    /// <param name="recursive"><c>-R</c>: those in the folders below it, too.</param>
    /// <param name="lenient">Fields that Kubernetes does not know are warnings, not errors.</param>
    /// <exception cref="PodException">One cannot be read.</exception>
    /// <exception cref="ManifestException">With everything that is wrong, of all files.</exception>
    public static ManifestDocuments Read(IReadOnlyList<string> paths, bool recursive = false, bool lenient = false)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var reading = new ManifestReading(lenient);
        foreach (var path in paths)
        {
            try
            {
                if (path == StandardInput || !IsFolder(path))
                {
                    Add(reading, path, mayBeEmpty: false);
                }
                else if (!TryAddFolder(reading, path, recursive))
                {
                    reading.AddError(path, "no *.yaml, *.yml or *.json in that folder");
                }
            }
            catch (KernelException error)
            {
                throw new PodException($"-f {error.Subject ?? path}: {KernelException.Describe(error.Error)}", error);
            }
        }

        return reading.End();
    }

    /// <summary>Whether there was a manifest.</summary>
    private static bool TryAddFolder(ManifestReading reading, string folder, bool recursive)
    {
        var names = FileSystem.List(folder);
        names.Sort(StringComparer.Ordinal);
        var found = false;
        foreach (var name in names)
        {
            var path = $"{folder.TrimEnd('/')}/{name}";
            if (IsFolder(path))
            {
                // What a link leads to may be the folder itself.
                found |= recursive && FileSystem.TryStat(path, followSymlinks: false) is { IsDirectory: true } && TryAddFolder(reading, path, recursive);
            }
            else if (IsManifest(name))
            {
                Add(reading, path, mayBeEmpty: true);
                found = true;
            }
        }

        return found;
    }

    private static bool IsFolder(string path) => FileSystem.TryStat(path) is { IsDirectory: true };

    private static void Add(ManifestReading reading, string path, bool mayBeEmpty)
    {
        using var fd = path == StandardInput ? SafeFd.Borrow(0) : FileSystem.Open(path, Libc.O_RDONLY);
        byte[] content;
        try
        {
            content = FileSystem.ReadAllBytes(fd, path, ManifestReader.MaximumSize);
        }
        catch (KernelException error) when (error.Error == Errno.EFBIG)
        {
            reading.AddError(path, $"larger than {ManifestReader.MaximumSize} bytes");
            return;
        }

        reading.Add(path == StandardInput ? "standard input" : path, content, mayBeEmpty);
    }

    private static bool IsManifest(string name) =>
        name.EndsWith(".yaml", StringComparison.Ordinal) || name.EndsWith(".yml", StringComparison.Ordinal) || name.EndsWith(".json", StringComparison.Ordinal);
}
