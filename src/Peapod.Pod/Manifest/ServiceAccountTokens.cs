using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>
/// The tokens that a cluster gives its pods for the API server. The admission adds them to every pod, so that each exported one has them;
/// there is no API server here, and what only a token would be in is left out.
/// </summary>
internal static class ServiceAccountTokens
{
    private const string Folder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>What the admission calls its volume, with a random end.</summary>
    private const string ProjectedName = "kube-api-access-";

    /// <summary>Before Kubernetes 1.21 it was a secret, named so with a random end of five characters.</summary>
    private const string SecretName = "-token-";
    private const int RandomEnd = 5;

    /// <summary>The pod without tokens.</summary>
    /// <param name="pod">A pod that has been checked.</param>
    /// <param name="path">Of its spec.</param>
    /// <param name="warn">Told of each volume that loses one, by its field.</param>
    public static PodManifest LeaveOut(PodManifest pod, string path, Action<string, string> warn)
    {
        var spec = pod.Spec;
        var kept = new List<Volume>();
        var gone = new HashSet<string>();
        for (var i = 0; i < spec.Volumes.Count; i++)
        {
            var volume = spec.Volumes[i];
            var at = SourceLines.Element(path + ".volumes", i);
            if (IsOfAdmission(volume) || IsSecretOfAdmission(volume, spec))
            {
                gone.Add(volume.Name);
                warn(at, $"volume \"{volume.Name}\" is left out with its mounts: there is no API server here that a service account's token would be for");
                continue;
            }

            if (HasToken(volume))
            {
                warn(at, $"the service account's token is left out of volume \"{volume.Name}\": there is no API server here that it would be for");
                volume = volume with { Projected = volume.Projected! with { Sources = [.. volume.Projected.Sources.Where(static source => source.ServiceAccountToken is null)] } };
            }

            kept.Add(volume);
        }

        return pod with
        {
            Spec = spec with
            {
                Volumes = kept,
                InitContainers = [.. spec.InitContainers.Select(Without)],
                Containers = [.. spec.Containers.Select(Without)],
                EphemeralContainers = [.. spec.EphemeralContainers.Select(Without)],
            },
        };

        ContainerSpec Without(ContainerSpec container) => container with { VolumeMounts = [.. container.VolumeMounts.Where(mount => !gone.Contains(mount.Name))] };
    }

    private static bool HasToken(Volume volume) => volume.Projected?.Sources.Any(static source => source.ServiceAccountToken is not null) == true;

    private static bool IsOfAdmission(Volume volume) => volume.Name.StartsWith(ProjectedName, StringComparison.Ordinal) && HasToken(volume);

    private static bool IsSecretOfAdmission(Volume volume, PodSpec spec) =>
        volume.Secret is { } secret
        && secret.SecretName == volume.Name
        && volume.Name.Length > SecretName.Length + RandomEnd
        && volume.Name[..^RandomEnd].EndsWith(SecretName, StringComparison.Ordinal)
        && Mounts(spec, volume.Name) is { Count: > 0 } mounts
        && mounts.TrueForAll(static mount => mount.MountPath.TrimEnd('/') == Folder);

    private static List<VolumeMount> Mounts(PodSpec spec, string name) =>
        [.. spec.InitContainers.Concat(spec.Containers).Concat(spec.EphemeralContainers).SelectMany(static container => container.VolumeMounts).Where(mount => mount.Name == name)];
}
