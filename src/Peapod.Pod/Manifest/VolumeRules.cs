using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>The volumes of a pod.</summary>
internal sealed class VolumeRules(FieldErrors errors, DownwardApiRules fields)
{
    private const string ModeRange = "must be a number between 0 and 0777 (octal), both inclusive";
    private const int LargestMode = 0x1ff;

    /// <summary>The volumes by their names; null when they could not be read, and no mount can be held against them.</summary>
    public Dictionary<string, Volume>? Validate(IReadOnlyList<Volume> volumes, string podName, string path)
    {
        var named = new Dictionary<string, Volume>();
        var claims = Claims(volumes, podName);
        for (var i = 0; i < volumes.Count; i++)
        {
            var volume = volumes[i];
            var at = SourceLines.Element(path, i);
            Sources(volume, podName, at);
            if (errors.Name(volume.Name, at + ".name", NameRules.Dns1123Label) && !named.TryAdd(volume.Name, volume))
            {
                errors.Duplicate(at + ".name", volume.Name);
            }

            if (volume.PersistentVolumeClaim is { } claim && claims.Contains(claim.ClaimName))
            {
                errors.Invalid(at + ".persistentVolumeClaim.claimName", claim.ClaimName, "must not reference a PVC that gets created for an ephemeral volume");
            }
        }

        return volumes.Count == 0 && errors.Covers(path) ? null : named;
    }

    /// <summary>The claims that the pod's ephemeral volumes will make.</summary>
    private static HashSet<string> Claims(IReadOnlyList<Volume> volumes, string podName)
    {
        var claims = new HashSet<string>();
        foreach (var volume in volumes)
        {
            if (volume.Ephemeral is not null)
            {
                claims.Add($"{podName}-{volume.Name}");
            }
        }

        return claims;
    }

    /// <summary>Exactly one source must be there; defaults have made an emptyDir of none.</summary>
    private void Sources(Volume volume, string podName, string path)
    {
        var taken = false;
        if (Take(volume.EmptyDir, "emptyDir") && volume.EmptyDir!.SizeLimit is { Amount: < 0 })
        {
            errors.Forbidden(path + ".emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity");
        }

        if (Take(volume.HostPath, "hostPath"))
        {
            HostPath(volume.HostPath!.Path, path + ".hostPath.path");
        }

        if (Take(volume.Secret, "secret"))
        {
            errors.Reference(volume.Secret!.SecretName, path + ".secret.secretName");
            Mode(volume.Secret.DefaultMode, path + ".secret.defaultMode");
            Items(volume.Secret.Items, path + ".secret.items", null);
        }

        if (Take(volume.PersistentVolumeClaim, "persistentVolumeClaim"))
        {
            errors.Reference(volume.PersistentVolumeClaim!.ClaimName, path + ".persistentVolumeClaim.claimName");
        }

        if (Take(volume.DownwardAPI, "downwardAPI"))
        {
            Mode(volume.DownwardAPI!.DefaultMode, path + ".downwardAPI.defaultMode");
            Files(volume.DownwardAPI.Items, path + ".downwardAPI.items", null);
        }

        if (Take(volume.ConfigMap, "configMap"))
        {
            errors.Reference(volume.ConfigMap!.Name, path + ".configMap.name");
            Mode(volume.ConfigMap.DefaultMode, path + ".configMap.defaultMode");
            Items(volume.ConfigMap.Items, path + ".configMap.items", null);
        }

        if (Take(volume.Projected, "projected"))
        {
            Projected(volume.Projected!, path + ".projected");
        }

        if (Take(volume.Ephemeral, "ephemeral"))
        {
            Ephemeral(volume.Ephemeral!, volume.Name, podName, path);
        }

        if (Take(volume.Image, "image"))
        {
            errors.Name(volume.Image!.Reference, path + ".image.reference", NameRules.Image);
        }

        bool Take(object? source, string name)
        {
            if (source is not null && taken)
            {
                errors.Forbidden($"{path}.{name}", "may not specify more than 1 volume type");
                return false;
            }

            taken |= source is not null;
            return source is not null;
        }
    }

    private void HostPath(string hostPath, string path)
    {
        if (hostPath.Length == 0)
        {
            errors.Required(path);
        }
        else if (!PathRules.IsAbsolute(hostPath))
        {
            errors.Unable(path, hostPath, PathRules.NotAbsolute);
        }
        else if (PathRules.HasBacksteps(hostPath))
        {
            errors.Invalid(path, hostPath, PathRules.Backsteps);
        }
    }

    private void Projected(ProjectedVolumeSource projected, string path)
    {
        Mode(projected.DefaultMode, path + ".defaultMode");
        var paths = new HashSet<string>();
        for (var i = 0; i < projected.Sources.Count; i++)
        {
            var source = projected.Sources[i];
            var at = SourceLines.Element(path + ".sources", i);
            var count = 0;
            if (source.Secret is { } secret)
            {
                count++;
                errors.Reference(secret.Name, at + ".secret.name");
                Items(secret.Items, at + ".secret.items", paths);
            }

            if (source.ConfigMap is { } configMap)
            {
                count++;
                errors.Reference(configMap.Name, at + ".configMap.name");
                Items(configMap.Items, at + ".configMap.items", paths);
            }

            if (source.DownwardAPI is { } downward)
            {
                count++;
                Files(downward.Items, at + ".downwardAPI.items", paths);
            }

            if (source.ServiceAccountToken is { } token)
            {
                count++;
                Token(token, at + ".serviceAccountToken", paths);
            }

            if (count > 1)
            {
                errors.Forbidden(at, "may not specify more than 1 volume type per source");
            }
            else if (count == 0 && !errors.HasWithin(at))
            {
                errors.Required(at, "must specify a volume type");
            }
        }
    }

    /// <summary>What the API server wants of it, though there is nobody here to give one.</summary>
    private void Token(ServiceAccountTokenProjection token, string path, HashSet<string> paths)
    {
        if (token.ExpirationSeconds is { } seconds and < 600)
        {
            errors.Invalid(path + ".expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
        }
        else if (token.ExpirationSeconds is { } most and > (1L << 32))
        {
            errors.Invalid(path + ".expirationSeconds", most, "may not specify a duration larger than 2^32 seconds");
        }

        File(token.Path, mode: null, path, paths);
    }

    private void Ephemeral(EphemeralVolumeSource ephemeral, string name, string podName, string path)
    {
        if (ephemeral.VolumeClaimTemplate is not { } template)
        {
            errors.Required(path + ".ephemeral.volumeClaimTemplate");
            return;
        }

        new MetadataRules(errors).ValidateTemplate(template.Metadata ?? new(), path + ".ephemeral.volumeClaimTemplate.metadata");
        new ClaimRules(errors).Spec(template.Spec ?? new(), path + ".ephemeral.volumeClaimTemplate.spec");
        var claim = $"{podName}-{name}";
        if (podName.Length > 0 && name.Length > 0 && NameRules.Dns1123Subdomain(claim) is { } reason)
        {
            errors.Invalid(path + ".name", name, $"PVC name \"{claim}\": {reason}");
        }
    }

    private void Items(IReadOnlyList<KeyToPath> items, string path, HashSet<string>? paths)
    {
        for (var i = 0; i < items.Count; i++)
        {
            var at = SourceLines.Element(path, i);
            if (items[i].Key.Length == 0)
            {
                errors.Required(at + ".key");
            }

            File(items[i].Path, items[i].Mode, at, paths);
        }
    }

    private void Files(IReadOnlyList<DownwardAPIVolumeFile> files, string path, HashSet<string>? paths)
    {
        for (var i = 0; i < files.Count; i++)
        {
            var file = files[i];
            var at = SourceLines.Element(path, i);
            File(file.Path, file.Mode, at, paths);
            if (file.FieldRef is { } field)
            {
                fields.Volume(field, at + ".fieldRef");
                if (file.ResourceFieldRef is not null)
                {
                    errors.Invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
                }
            }
            else if (file.ResourceFieldRef is { } resource)
            {
                fields.Resource(resource, inVolume: true, at + ".resourceFieldRef");
            }
            else
            {
                errors.Required(at, "one of fieldRef and resourceFieldRef is required");
            }
        }
    }

    /// <param name="file">Where the file goes in the volume.</param>
    /// <param name="mode">Its permission bits.</param>
    /// <param name="path">Where it stands in the manifest.</param>
    /// <param name="paths">The files of a projected volume so far, none of which may be made twice; null for other volumes.</param>
    private void File(string file, int? mode, string path, HashSet<string>? paths)
    {
        Mode(mode, path + ".mode");
        if (file.Length == 0)
        {
            errors.Required(path + ".path");
            return;
        }

        errors.NotReserved(file, path + ".path");
        if (paths?.Add(file) == false)
        {
            errors.Invalid(path + ".path", file, "conflicting duplicate paths");
        }
    }

    private void Mode(int? mode, string path)
    {
        if (mode is < 0 or > LargestMode)
        {
            errors.Invalid(path, mode.Value, ModeRange);
        }
    }
}
