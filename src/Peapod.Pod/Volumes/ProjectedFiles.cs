using System.Text;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;

namespace Peapod.Pod.Volumes;

/// <summary>What the files of a configMap, secret, downwardAPI or projected volume hold now, by their paths. Of two sources with one path the later one counts.</summary>
internal sealed class ProjectedFiles(string podNamespace, DownwardFields fields, ObjectStore objects)
{
    private const int DefaultMode = 0x1a4; // 0644

    private readonly SortedDictionary<string, ProjectedFile> files = new(StringComparer.Ordinal);

    /// <returns>Null for a volume of another kind.</returns>
    /// <exception cref="VolumeException">Something is not there, and not optional.</exception>
    internal static SortedDictionary<string, ProjectedFile>? Of(Volume volume, string podNamespace, DownwardFields fields, ObjectStore objects)
    {
        var found = new ProjectedFiles(podNamespace, fields, objects);
        if (volume.ConfigMap is { } map)
        {
            found.AddConfigMap(map.Name, map.Items, map.Optional, map.DefaultMode);
        }
        else if (volume.Secret is { } secret)
        {
            found.AddSecret(secret.SecretName, secret.Items, secret.Optional, secret.DefaultMode);
        }
        else if (volume.DownwardAPI is { } downward)
        {
            found.AddFields(downward.Items, downward.DefaultMode);
        }
        else if (volume.Projected is { } projected)
        {
            foreach (var source in projected.Sources)
            {
                found.Add(source, projected.DefaultMode);
            }
        }
        else
        {
            return null;
        }

        found.CheckFolders();
        return found.files;
    }

    private void Add(VolumeProjection source, int? defaultMode)
    {
        if (source.ConfigMap is { } map)
        {
            AddConfigMap(map.Name, map.Items, map.Optional, defaultMode);
        }
        else if (source.Secret is { } secret)
        {
            AddSecret(secret.Name, secret.Items, secret.Optional, defaultMode);
        }
        else if (source.DownwardAPI is { } downward)
        {
            AddFields(downward.Items, defaultMode);
        }
    }

    private void AddConfigMap(string name, IReadOnlyList<KeyToPath> items, bool? optional, int? defaultMode)
    {
        if (objects.TryReadConfigMap(podNamespace, name) is not { } map)
        {
            NotFound("configmap", name, optional);
            return;
        }

        var data = new Dictionary<string, byte[]>();
        foreach (var (key, text) in map.Data ?? new Dictionary<string, string>())
        {
            data[key] = Encoding.UTF8.GetBytes(text);
        }

        foreach (var (key, base64) in map.BinaryData ?? new Dictionary<string, string>())
        {
            data[key] = Convert.FromBase64String(base64);
        }

        AddKeys("configmap", data, items, optional, defaultMode);
    }

    private void AddSecret(string name, IReadOnlyList<KeyToPath> items, bool? optional, int? defaultMode)
    {
        if (objects.TryReadSecret(podNamespace, name) is not { } secret)
        {
            NotFound("secret", name, optional);
            return;
        }

        var data = new Dictionary<string, byte[]>();
        foreach (var (key, base64) in secret.Data ?? new Dictionary<string, string>())
        {
            data[key] = Convert.FromBase64String(base64);
        }

        AddKeys("secret", data, items, optional, defaultMode);
    }

    private static void NotFound(string kind, string name, bool? optional)
    {
        if (optional != true)
        {
            throw new VolumeException($"{kind} \"{name}\" not found");
        }
    }

    private void AddKeys(string kind, Dictionary<string, byte[]> data, IReadOnlyList<KeyToPath> items, bool? optional, int? defaultMode)
    {
        if (items.Count == 0)
        {
            foreach (var (key, content) in data)
            {
                Add(key, content, defaultMode);
            }
        }

        foreach (var item in items)
        {
            if (data.TryGetValue(item.Key, out var content))
            {
                Add(item.Path, content, item.Mode ?? defaultMode);
            }
            else if (optional != true)
            {
                throw new VolumeException(kind == "secret" ? $"references non-existent secret key: {item.Key}" : $"configmap references non-existent config key: {item.Key}");
            }
        }
    }

    private void AddFields(IReadOnlyList<DownwardAPIVolumeFile> items, int? defaultMode)
    {
        foreach (var item in items)
        {
            var text = item.FieldRef is { } field ? fields.Field(field.FieldPath)
                : item.ResourceFieldRef is { } resource ? fields.Resource(resource, own: null)
                : "";
            Add(item.Path, Encoding.UTF8.GetBytes(text), item.Mode ?? defaultMode);
        }
    }

    private void Add(string path, byte[] content, int? mode)
    {
        CheckPath(path);
        files[path] = new ProjectedFile(content, (uint)(mode ?? DefaultMode));
    }

    /// <summary>What begins with two dots is the writer's own.</summary>
    private static void CheckPath(string path)
    {
        var bad = path.Length == 0 || path.StartsWith("..", StringComparison.Ordinal);
        foreach (var part in path.Split('/'))
        {
            bad |= part is "" or "." or "..";
        }

        if (bad)
        {
            throw new VolumeException($"path \"{path}\": must be relative, without '..' and not start with it");
        }
    }

    /// <summary>No file may stand where another one's folder is to be.</summary>
    private void CheckFolders()
    {
        foreach (var path in files.Keys)
        {
            for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                if (files.ContainsKey(path[..slash]))
                {
                    throw new VolumeException($"conflicting paths \"{path[..slash]}\" and \"{path}\"");
                }
            }
        }
    }
}
