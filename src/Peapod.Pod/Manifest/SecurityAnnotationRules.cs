using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>
/// Rules for <see cref="SecurityAnnotations"/> of a pod whose defaults are set. An annotation that asks for confinement and would be without
/// effect (for a container that there is not, with a profile that is none, or beside a field that says otherwise) is refused.
/// </summary>
internal sealed class SecurityAnnotationRules(FieldErrors errors)
{
    /// <param name="pod">The pod.</param>
    /// <param name="path">Of its annotations.</param>
    /// <param name="specPath">Of its spec.</param>
    public void Validate(PodManifest pod, string path, string specPath)
    {
        foreach (var (key, text) in pod.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            if (key.StartsWith(SecurityAnnotations.AppArmor, StringComparison.Ordinal))
            {
                AppArmor(pod.Spec, key, text, path, specPath);
            }
            else if (key.StartsWith(SecurityAnnotations.Seccomp, StringComparison.Ordinal))
            {
                // The server does not ask for whom it is.
                var found = Find(pod.Spec, key[SecurityAnnotations.Seccomp.Length..], specPath);
                var own = found?.Container.SecurityContext?.SeccompProfile;
                Seccomp(found is null ? null : own ?? pod.Spec.SecurityContext?.SeccompProfile, key, text, path, (own is null ? specPath : found?.Path) + ".securityContext.seccompProfile");
            }
            else if (key == SecurityAnnotations.PodSeccomp)
            {
                Seccomp(pod.Spec.SecurityContext?.SeccompProfile, key, text, path, specPath + ".securityContext.seccompProfile");
            }
        }
    }

    private void AppArmor(PodSpec spec, string key, string text, string path, string specPath)
    {
        if (Find(spec, key[SecurityAnnotations.AppArmor.Length..], specPath) is not var (container, at))
        {
            Invalid(path, key, key[SecurityAnnotations.AppArmor.Length..], "container not found");
            return;
        }

        if (SecurityAnnotations.Profile(text) is not { } asked)
        {
            Invalid(path, key, text, $"invalid AppArmor profile name: \"{text}\"");
            return;
        }

        var own = container.SecurityContext?.AppArmorProfile;
        Match(asked.Type, asked.LocalhostProfile, own?.Type ?? spec.SecurityContext?.AppArmorProfile?.Type, (own ?? spec.SecurityContext?.AppArmorProfile)?.LocalhostProfile,
            "apparmor", at + ".securityContext.appArmorProfile");
    }

    private void Seccomp(SeccompProfile? field, string key, string text, string path, string fieldPath)
    {
        var file = text.StartsWith(SecurityAnnotations.Localhost, StringComparison.Ordinal) ? text[SecurityAnnotations.Localhost.Length..] : null;
        ProfileType? type = file is { Length: > 0 } ? ProfileType.Localhost : text switch
        {
            SecurityAnnotations.RuntimeDefault or SecurityAnnotations.DockerDefault => ProfileType.RuntimeDefault,
            SecurityAnnotations.Unconfined => ProfileType.Unconfined,
            _ => null,
        };
        if (type is not { } asked)
        {
            Invalid(path, key, text, "must be a valid seccomp profile");
        }
        else if (field is not null)
        {
            Match(asked, file, field.Type, field.LocalhostProfile, "seccomp", fieldPath);
        }
    }

    private void Match(ProfileType? asked, string? askedFile, ProfileType? field, string? fieldFile, string kind, string path)
    {
        if (asked != field)
        {
            errors.Forbidden(path + ".type", $"{kind} type in annotation and field must match");
        }
        else if (asked == ProfileType.Localhost && askedFile != fieldFile)
        {
            errors.Forbidden(path + ".localhostProfile", $"{kind} profile in annotation and field must match");
        }
    }

    private static (ContainerSpec Container, string Path)? Find(PodSpec spec, string name, string specPath)
    {
        foreach (var (list, containers) in ((string, IReadOnlyList<ContainerSpec>)[])[("initContainers", spec.InitContainers), ("containers", spec.Containers), ("ephemeralContainers", spec.EphemeralContainers)])
        {
            for (var i = 0; i < containers.Count; i++)
            {
                if (containers[i].Name == name)
                {
                    return (containers[i], SourceLines.Element($"{specPath}.{list}", i));
                }
            }
        }

        return null;
    }

    private void Invalid(string path, string key, string value, string reason) => errors.Invalid(FieldErrors.Key(path, key), value, reason, SourceLines.Member(path, key));
}
