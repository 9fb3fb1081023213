using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Security settings of containers and of the pod.</summary>
internal sealed class SecurityRules(FieldErrors errors)
{
    private const long LargestId = int.MaxValue;

    /// <summary>A path of the host, without its end (PATH_MAX - 1).</summary>
    private const int LongestProfile = 4095;

    public void Container(SecurityContext security, bool hostUsers, string path)
    {
        Id(security.RunAsUser, path + ".runAsUser");
        Id(security.RunAsGroup, path + ".runAsGroup");
        if (hostUsers && security.ProcMount == ProcMountType.Unmasked)
        {
            errors.Invalid(path + ".procMount", "Unmasked", "`hostUsers` must be false to use `Unmasked`");
        }

        Seccomp(security.SeccompProfile, path + ".seccompProfile");
        AppArmor(security.AppArmorProfile, path + ".appArmorProfile");
        var capabilities = security.Capabilities ?? new();
        CapabilityList(capabilities.Add, path + ".capabilities.add");
        CapabilityList(capabilities.Drop, path + ".capabilities.drop");
        if (security.AllowPrivilegeEscalation != false)
        {
            return;
        }

        if (security.Privileged == true)
        {
            errors.Invalid(path + ".allowPrivilegeEscalation", false, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        else if (capabilities.Add.Any(static name => name == "CAP_SYS_ADMIN"))
        {
            errors.Invalid(path + ".allowPrivilegeEscalation", false, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }

    public void Pod(PodSpec spec, string path)
    {
        var at = path + ".securityContext";
        if (spec.SecurityContext is { } security)
        {
            Id(security.RunAsUser, at + ".runAsUser");
            Id(security.RunAsGroup, at + ".runAsGroup");
            Id(security.FsGroup, at + ".fsGroup");
            for (var i = 0; i < security.SupplementalGroups?.Count; i++)
            {
                Id(security.SupplementalGroups[i], SourceLines.Element(at + ".supplementalGroups", i));
            }

            Sysctls(security.Sysctls, spec, at + ".sysctls");
            Seccomp(security.SeccompProfile, at + ".seccompProfile");
            AppArmor(security.AppArmorProfile, at + ".appArmorProfile");
        }

        if (spec is { ShareProcessNamespace: true, HostPID: true })
        {
            errors.Invalid(path + ".shareProcessNamespace", true, "ShareProcessNamespace and HostPID cannot both be enabled");
        }

        if (spec.HostUsers == false)
        {
            NotWithHostUsers(spec.HostNetwork, path + ".hostNetwork");
            NotWithHostUsers(spec.HostPID, path + ".hostPID");
            NotWithHostUsers(spec.HostIPC, path + ".hostIPC");
        }
    }

    private void NotWithHostUsers(bool set, string path)
    {
        if (set)
        {
            errors.Forbidden(path, "when `hostUsers` is false");
        }
    }

    private void Sysctls(IReadOnlyList<Sysctl> sysctls, PodSpec spec, string path)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < sysctls.Count; i++)
        {
            var name = sysctls[i].Name;
            var at = SourceLines.Element(path, i) + ".name";
            if (errors.Name(name, at, NameRules.Sysctl) && !names.Add(name))
            {
                errors.Duplicate(at, name);
            }

            var dotted = name.Replace('/', '.');
            if (spec.HostNetwork && dotted.StartsWith("net.", StringComparison.Ordinal))
            {
                errors.Invalid(at, name, "may not be specified when 'hostNetwork' is true");
            }
            else if (spec.HostIPC && IsOfIpc(dotted))
            {
                errors.Invalid(at, name, "may not be specified when 'hostIPC' is true");
            }
        }
    }

    /// <summary>ipc_namespaces(7).</summary>
    private static bool IsOfIpc(string name) =>
        name == "kernel.sem"
        || name.StartsWith("kernel.shm", StringComparison.Ordinal)
        || name.StartsWith("kernel.msg", StringComparison.Ordinal)
        || name.StartsWith("fs.mqueue.", StringComparison.Ordinal);

    private void Seccomp(SeccompProfile? profile, string path)
    {
        if (profile is null)
        {
            return;
        }

        if (profile.Type is null)
        {
            errors.Required(path + ".type", "type is required when seccompProfile is set");
        }
        else if (profile.Type != ProfileType.Localhost)
        {
            NoFile(profile.LocalhostProfile, "seccomp", path);
        }
        else if (string.IsNullOrEmpty(profile.LocalhostProfile))
        {
            errors.Required(path + ".localhostProfile", "must be set when seccomp type is Localhost");
        }
        else
        {
            errors.Descending(profile.LocalhostProfile, path + ".localhostProfile");
        }
    }

    private void AppArmor(AppArmorProfile? profile, string path)
    {
        if (profile is null)
        {
            return;
        }

        if (profile.Type is null)
        {
            errors.Required(path + ".type", "type is required when appArmorProfile is set");
        }
        else if (profile.Type != ProfileType.Localhost)
        {
            NoFile(profile.LocalhostProfile, "AppArmor", path);
        }
        else if (string.IsNullOrWhiteSpace(profile.LocalhostProfile))
        {
            errors.Required(path + ".localhostProfile", "must be set when AppArmor type is Localhost");
        }
        else if (profile.LocalhostProfile.Trim() != profile.LocalhostProfile)
        {
            errors.Invalid(path + ".localhostProfile", profile.LocalhostProfile, "must not be padded with whitespace");
        }
        else if (profile.LocalhostProfile.Length > LongestProfile)
        {
            errors.TooLong(path + ".localhostProfile", LongestProfile);
        }
    }

    private void NoFile(string? file, string kind, string path)
    {
        if (file is not null)
        {
            errors.Invalid(path + ".localhostProfile", file, $"can only be set when {kind} type is Localhost");
        }
    }

    private void CapabilityList(IReadOnlyList<string> names, string path)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (!CapabilityNames.IsKnown(names[i]))
            {
                errors.Warn(SourceLines.Element(path, i), $"there is no capability \"{names[i]}\": it has no effect{Spelling.Hint(CapabilityNames.Nearest(names[i]))}");
            }
        }
    }

    private void Id(long? id, string path)
    {
        if (id is { } number)
        {
            errors.InRange(number, 0, LargestId, path);
        }
    }
}
