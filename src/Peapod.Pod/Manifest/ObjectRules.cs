using System.Text;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>The API server's rules for the objects that stand beside pods, and the form it keeps them in.</summary>
internal sealed class ObjectRules(ManifestProblems problems)
{
    private const string BadBase64 = "illegal base64 data";

    /// <summary>The ConfigMap with its namespace.</summary>
    internal ConfigMap Check(ConfigMap map, string path)
    {
        Name(map.Metadata, path);
        Keys(map.Data, SourceLines.Member(path, "data"));
        Keys(map.BinaryData, SourceLines.Member(path, "binaryData"));
        Base64(map.BinaryData, SourceLines.Member(path, "binaryData"));
        foreach (var key in map.BinaryData?.Keys ?? [])
        {
            if (map.Data?.ContainsKey(key) == true)
            {
                problems.Add(SourceLines.Member(SourceLines.Member(path, "data"), key), $"Invalid value: \"{key}\": duplicate of key present in binaryData");
            }
        }

        return map with { Metadata = WithNamespace(map.Metadata) };
    }

    /// <summary>The Secret with its namespace, its type and all values in <see cref="Secret.Data"/>.</summary>
    internal Secret Check(Secret secret, string path)
    {
        Name(secret.Metadata, path);
        Keys(secret.Data, SourceLines.Member(path, "data"));
        Keys(secret.StringData, SourceLines.Member(path, "stringData"));
        Base64(secret.Data, SourceLines.Member(path, "data"));
        var data = new Dictionary<string, string>(secret.Data ?? new Dictionary<string, string>());
        foreach (var (key, text) in secret.StringData ?? new Dictionary<string, string>())
        {
            data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        }

        return secret with
        {
            Metadata = WithNamespace(secret.Metadata),
            Data = data.Count > 0 ? data : null,
            StringData = null,
            Type = string.IsNullOrEmpty(secret.Type) ? "Opaque" : secret.Type,
        };
    }

    /// <summary>The claim with its namespace and its mode.</summary>
    internal PersistentVolumeClaim Check(PersistentVolumeClaim claim, string path)
    {
        Name(claim.Metadata, path);
        var spec = SourceLines.Member(path, "spec");
        if (claim.Spec.AccessModes.Count == 0)
        {
            problems.Add(spec + ".accessModes", "Required value: at least 1 access mode is required");
        }

        for (var i = 0; i < claim.Spec.AccessModes.Count; i++)
        {
            if (claim.Spec.AccessModes[i] is not ("ReadOnlyMany" or "ReadWriteMany" or "ReadWriteOnce" or "ReadWriteOncePod"))
            {
                problems.Add(
                    SourceLines.Element(spec + ".accessModes", i),
                    SchemaCheck.Unsupported(claim.Spec.AccessModes[i], ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]));
            }
        }

        if (claim.Spec.Resources?.Request("storage") is null)
        {
            problems.Add(spec + ".resources[storage]", "Required value");
        }

        return claim with
        {
            Metadata = WithNamespace(claim.Metadata),
            Spec = claim.Spec with { VolumeMode = string.IsNullOrEmpty(claim.Spec.VolumeMode) ? "Filesystem" : claim.Spec.VolumeMode },
        };
    }

    private static ObjectMeta WithNamespace(ObjectMeta metadata) =>
        metadata with { Namespace = string.IsNullOrEmpty(metadata.Namespace) ? ManifestDefaults.Namespace : metadata.Namespace };

    private void Name(ObjectMeta metadata, string path)
    {
        Rule(metadata.Name, SourceLines.Member(path, "metadata.name"), NameRules.Dns1123Subdomain);
        if (!string.IsNullOrEmpty(metadata.Namespace))
        {
            Rule(metadata.Namespace, SourceLines.Member(path, "metadata.namespace"), NameRules.Dns1123Label);
        }
    }

    private void Rule(string value, string path, Func<string, string?> rule)
    {
        if (value.Length == 0)
        {
            problems.Add(path, "Required value: name or generateName is required");
        }
        else if (rule(value) is { } reason)
        {
            problems.Add(path, $"Invalid value: \"{value}\": {reason}");
        }
    }

    private void Keys(IReadOnlyDictionary<string, string>? data, string path)
    {
        foreach (var key in data?.Keys ?? [])
        {
            if (NameRules.ConfigMapKey(key) is { } reason)
            {
                problems.Add(SourceLines.Member(path, key), $"Invalid value: \"{key}\": {reason}");
            }
        }
    }

    /// <summary>Says of no value what it is: it may be a secret.</summary>
    private void Base64(IReadOnlyDictionary<string, string>? data, string path)
    {
        foreach (var (key, value) in data ?? new Dictionary<string, string>())
        {
            if (!Convert.TryFromBase64String(value, new byte[value.Length], out _))
            {
                problems.Add(SourceLines.Member(path, key), BadBase64);
            }
        }
    }
}
