using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Manifest;

/// <summary>What <c>-f</c> names: files, folders of files, and <c>-</c> for standard input.</summary>
public static class ManifestFiles
{
    private const string StandardInput = "-";

    /// <summary>Reads all of them as if they were one file; no object may be in two of them.</summary>
    /// <param name="paths">Of a folder all <c>*.yaml</c>, <c>*.yml</c> and <c>*.json</c> in it, in the order of their names, none below it.</param>
    /// <param name="lenient">Fields that Kubernetes does not know are warnings, not errors.</param>
    /// <exception cref="PodException">One cannot be read.</exception>
    /// <exception cref="ManifestException">With everything that is wrong, of all files.</exception>
    public static ManifestDocuments Read(IReadOnlyList<string> paths, bool lenient = false)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var reading = new ManifestReading(lenient);
        foreach (var path in paths)
        {
            try
            {
                if (path != StandardInput && FileSystem.TryStat(path)?.Type == Libc.S_IFDIR)
                {
                    AddFolder(reading, path);
                }
                else
                {
                    Add(reading, path, mayBeEmpty: false);
                }
            }
            catch (KernelException error)
            {
                throw new PodException($"-f {error.Subject ?? path}: {KernelException.Describe(error.Error)}", error);
            }
        }

        return reading.End();
    }

    private static void AddFolder(ManifestReading reading, string folder)
    {
        var names = FileSystem.List(folder);
        names.RemoveAll(static name => !IsManifest(name));
        names.Sort(StringComparer.Ordinal);
        var found = false;
        foreach (var name in names)
        {
            var path = $"{folder.TrimEnd('/')}/{name}";
            if (FileSystem.TryStat(path)?.Type != Libc.S_IFDIR)
            {
                Add(reading, path, mayBeEmpty: true);
                found = true;
            }
        }

        if (!found)
        {
            reading.AddError(folder, "no *.yaml, *.yml or *.json in it");
        }
    }

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
