using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>What is wanted of a persistent volume.</summary>
internal sealed class ClaimRules(FieldErrors errors)
{
    private const string OncePod = "ReadWriteOncePod";
    private static readonly string[] AccessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", OncePod];

    public void Spec(PersistentVolumeClaimSpec spec, string path)
    {
        if (spec.AccessModes.Count == 0)
        {
            errors.Required(path + ".accessModes", "at least 1 access mode is required");
        }

        for (var i = 0; i < spec.AccessModes.Count; i++)
        {
            if (!AccessModes.Contains(spec.AccessModes[i]))
            {
                errors.NotSupported(SourceLines.Element(path + ".accessModes", i), spec.AccessModes[i], AccessModes);
            }
        }

        if (spec.AccessModes.Contains(OncePod) && spec.AccessModes.Any(static mode => mode != OncePod && AccessModes.Contains(mode)))
        {
            errors.Forbidden(path + ".accessModes", "may not use ReadWriteOncePod with other access modes");
        }

        Storage(spec.Resources ?? new(), path + ".resources");
        errors.OptionalName(spec.StorageClassName, path + ".storageClassName", NameRules.Dns1123Subdomain);
        errors.OptionalName(spec.VolumeAttributesClassName, path + ".volumeAttributesClassName", NameRules.Dns1123Subdomain);
        if (!string.IsNullOrEmpty(spec.VolumeMode) && spec.VolumeMode is not ("Filesystem" or "Block"))
        {
            errors.NotSupported(path + ".volumeMode", spec.VolumeMode, "Block", "Filesystem");
        }
    }

    /// <summary>The API server calls it <c>resources[storage]</c>, which no manifest can say.</summary>
    private void Storage(ResourceRequirements resources, string path)
    {
        var name = FieldErrors.Key(path + ".requests", "storage");
        if (resources.Request("storage") is not { } storage)
        {
            errors.Required(name, at: path + ".requests.storage");
        }
        else if (storage.Amount <= 0)
        {
            errors.Invalid(name, storage.ToString(), "must be greater than zero", path + ".requests.storage");
        }
    }
}
