using Peapod.Kernel.Files;

namespace Peapod.Container.Diagnosis;

/// <summary>Places on the host.</summary>
internal static class HostPaths
{
    /// <summary>The folder, or the one above it that is there.</summary>
    internal static string NearestExisting(string path)
    {
        while (path != "/" && FileSystem.TryStat(path) is null)
        {
            path = Path.GetDirectoryName(path) ?? "/";
        }

        return path;
    }

    /// <summary>A program in the usual folders, or null.</summary>
    internal static string? Program(string name)
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            if (FileSystem.TryStat($"{folder}/{name}") is not null)
            {
                return $"{folder}/{name}";
            }
        }

        return null;
    }

    /// <summary>A number of /proc/sys by its dotted name; null when there is none.</summary>
    internal static long? Sysctl(string name) =>
        FileSystem.TryReadText($"/proc/sys/{name.Replace('.', '/')}") is { } text && long.TryParse(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], out var value) ? value : null;
}
