using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>
/// The annotations by which pods asked for AppArmor and seccomp before there were fields for it. Those of AppArmor become the fields, as the
/// API server does it (Kubernetes 1.34, applyAppArmorVersionSkew); those of seccomp have had no effect since 1.27, and are warned of.
/// </summary>
internal static class SecurityAnnotations
{
    public const string AppArmor = "container.apparmor.security.beta.kubernetes.io/";
    public const string Seccomp = "container.seccomp.security.alpha.kubernetes.io/";
    public const string PodSeccomp = "seccomp.security.alpha.kubernetes.io/pod";

    public const string Localhost = "localhost/";
    public const string RuntimeDefault = "runtime/default";
    public const string DockerDefault = "docker/default";
    public const string Unconfined = "unconfined";

    private const string SeccompIsGone = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
    private const string AppArmorIsOld = "deprecated since v1.30; use the \"appArmorProfile\" field instead";

    /// <summary>The pod with the AppArmor profiles of its annotations in the fields that are not set.</summary>
    public static PodManifest Apply(PodManifest pod)
    {
        if (pod.Metadata.Annotations is not { } annotations || !annotations.Keys.Any(static key => key.StartsWith(AppArmor, StringComparison.Ordinal)))
        {
            return pod;
        }

        var spec = pod.Spec;
        return pod with
        {
            Spec = spec with
            {
                InitContainers = [.. spec.InitContainers.Select(Confined)],
                Containers = [.. spec.Containers.Select(Confined)],
                EphemeralContainers = [.. spec.EphemeralContainers.Select(Confined)],
            },
        };

        ContainerSpec Confined(ContainerSpec container) =>
            annotations.TryGetValue(AppArmor + container.Name, out var text) && container.SecurityContext?.AppArmorProfile is null
            && Profile(text) is { } profile && profile != spec.SecurityContext?.AppArmorProfile
                ? container with { SecurityContext = (container.SecurityContext ?? new()) with { AppArmorProfile = profile } }
                : container;
    }

    /// <summary>What to warn of in a pod as it was written, by annotation, in the API server's words.</summary>
    public static IEnumerable<(string Key, string Warning)> Warnings(PodManifest pod)
    {
        var profiles = Containers(pod.Spec).DistinctBy(static container => container.Name).ToDictionary(static container => container.Name, static container => container.SecurityContext);
        foreach (var (key, _) in pod.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            if (key.StartsWith(AppArmor, StringComparison.Ordinal) && profiles.GetValueOrDefault(key[AppArmor.Length..])?.AppArmorProfile is null)
            {
                yield return (key, AppArmorIsOld);
            }
            else if ((key == PodSeccomp && pod.Spec.SecurityContext?.SeccompProfile is null)
                || (key.StartsWith(Seccomp, StringComparison.Ordinal) && (profiles.GetValueOrDefault(key[Seccomp.Length..])?.SeccompProfile ?? pod.Spec.SecurityContext?.SeccompProfile) is null))
            {
                yield return (key, SeccompIsGone);
            }
        }
    }

    public static IEnumerable<ContainerSpec> Containers(PodSpec spec) => spec.InitContainers.Concat(spec.Containers).Concat(spec.EphemeralContainers);

    /// <summary>The field's value; null when the text is no profile.</summary>
    public static AppArmorProfile? Profile(string text) => text switch
    {
        Unconfined => new AppArmorProfile { Type = ProfileType.Unconfined },
        RuntimeDefault => new AppArmorProfile { Type = ProfileType.RuntimeDefault },
        _ when text.StartsWith(Localhost, StringComparison.Ordinal) && text.Length > Localhost.Length => new AppArmorProfile { Type = ProfileType.Localhost, LocalhostProfile = text[Localhost.Length..] },
        _ => null,
    };
}
