using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Containers;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Volumes;

/// <summary>
/// The part of a volume that a container gets. It is opened once, with the volume as root of the look-up, and mounted by that descriptor:
/// what containers do in the volume meanwhile leads the mount nowhere else (CVE-2017-1002101, CVE-2021-25741).
/// </summary>
internal static class SubPath
{
    /// <summary>What the mount says, with the variables of its container filled in; empty for the whole volume.</summary>
    /// <exception cref="ContainerConfigException">A variable is not there, or the path is none.</exception>
    internal static string Of(VolumeMount mount, IReadOnlyDictionary<string, string> variables)
    {
        if (mount.SubPathExpr is not { Length: > 0 } expression)
        {
            return mount.SubPath ?? "";
        }

        var known = new Known(variables);
        var path = VariableExpansion.Expand(expression, known);
        if (known.Missing.Count > 0)
        {
            throw new ContainerConfigException($"missing value for {string.Join(", ", known.Missing)}");
        }

        if (path.StartsWith('/'))
        {
            throw new ContainerConfigException($"error SubPath `{path}` must not be an absolute path");
        }

        return Array.IndexOf(path.Split('/'), "..") < 0 ? path : throw new ContainerConfigException($"unable to provision SubPath `{path}`: must not contain '..'");
    }

    /// <summary>Opens it, and makes folders that are missing, of the volume's own mode, as the kubelet does.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="path">Relative to it.</param>
    /// <exception cref="KernelException">It is not there, and cannot be made.</exception>
    internal static SafeFd Open(SafeFd volume, string path)
    {
        try
        {
            return FileSystem.OpenInRoot(volume, path, Libc.O_PATH);
        }
        catch (KernelException e) when (e.Error == Errno.ENOENT)
        {
            return Make(volume, path);
        }
    }

    private static SafeFd Make(SafeFd volume, string path)
    {
        var mode = FileSystem.Stat(volume).Mode & 0xfffu;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var directory = Longest(volume, parts, out var depth);
        foreach (var part in parts.AsSpan(depth))
        {
            using var parent = directory;
            var made = FileSystem.MakeDirectory(parent, part, 0x1c0);
            directory = FileSystem.OpenAt(parent, part, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            if (made)
            {
                KernelException.Check(Libc.fchmod(directory.Number, mode), "fchmod", part);
            }
        }

        return directory;
    }

    /// <summary>The deepest folder of the path that is there, and how many of its parts that takes.</summary>
    private static SafeFd Longest(SafeFd volume, string[] parts, out int depth)
    {
        for (depth = parts.Length - 1; depth > 0; depth--)
        {
            try
            {
                return FileSystem.OpenInRoot(volume, string.Join('/', parts[..depth]), Libc.O_PATH | Libc.O_DIRECTORY);
            }
            catch (KernelException e) when (e.Error == Errno.ENOENT)
            {
                // One less.
            }
        }

        return volume.Duplicate();
    }

    /// <summary>The variables, and a note of those that were asked for and have no value.</summary>
    private sealed class Known(IReadOnlyDictionary<string, string> variables) : IReadOnlyDictionary<string, string>
    {
        internal SortedSet<string> Missing { get; } = new(StringComparer.Ordinal);

        public int Count => variables.Count;

        public IEnumerable<string> Keys => variables.Keys;

        public IEnumerable<string> Values => variables.Values;

        public string this[string key] => variables[key];

        public bool ContainsKey(string key) => variables.ContainsKey(key);

        public bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out string value)
        {
            if (variables.TryGetValue(key, out value) && value.Length > 0)
            {
                return true;
            }

            Missing.Add(key);
            return false;
        }

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => variables.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
