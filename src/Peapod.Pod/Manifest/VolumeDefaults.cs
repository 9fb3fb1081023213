using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>What a volume leaves open.</summary>
internal static class VolumeDefaults
{
    /// <summary>0644.</summary>
    private const int Mode = 0x1a4;

    private const string FileSystemMode = "Filesystem";

    public static Volume Apply(Volume volume) => volume with
    {
        EmptyDir = HasSource(volume) ? volume.EmptyDir : new(),
        ConfigMap = volume.ConfigMap is { } configMap ? configMap with { DefaultMode = configMap.DefaultMode ?? Mode } : null,
        Secret = volume.Secret is { } secret ? secret with { DefaultMode = secret.DefaultMode ?? Mode } : null,
        DownwardAPI = volume.DownwardAPI is { } downward
            ? downward with { DefaultMode = downward.DefaultMode ?? Mode, Items = Apply(downward.Items) }
            : null,
        Projected = volume.Projected is { } projected
            ? projected with { DefaultMode = projected.DefaultMode ?? Mode, Sources = [.. projected.Sources.Select(Apply)] }
            : null,
        Image = volume.Image is { } image ? image with { PullPolicy = image.PullPolicy ?? ManifestDefaults.PullPolicy(image.Reference) } : null,
        Ephemeral = volume.Ephemeral is { VolumeClaimTemplate: { Spec: { } spec } template } ephemeral
            ? ephemeral with { VolumeClaimTemplate = template with { Spec = Apply(spec) } }
            : volume.Ephemeral,
    };

    public static PersistentVolumeClaimSpec Apply(PersistentVolumeClaimSpec claim) =>
        claim with { VolumeMode = string.IsNullOrEmpty(claim.VolumeMode) ? FileSystemMode : claim.VolumeMode };

    /// <summary>A volume without any source is an emptyDir.</summary>
    private static bool HasSource(Volume volume) => volume is not
    {
        EmptyDir: null, HostPath: null, ConfigMap: null, Secret: null, Projected: null, DownwardAPI: null, PersistentVolumeClaim: null, Image: null, Ephemeral: null,
    };

    private static VolumeProjection Apply(VolumeProjection source) =>
        source.DownwardAPI is { } downward ? source with { DownwardAPI = downward with { Items = Apply(downward.Items) } } : source;

    private static IReadOnlyList<DownwardAPIVolumeFile> Apply(IReadOnlyList<DownwardAPIVolumeFile> files) =>
        [.. files.Select(static file => file with { FieldRef = ContainerDefaults.Apply(file.FieldRef) })];
}
