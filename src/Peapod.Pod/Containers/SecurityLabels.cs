using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Containers;

/// <summary>appArmorProfile and seLinuxOptions: what they come to on this host.</summary>
internal static class SecurityLabels
{
    /// <summary>The AppArmor profile that RuntimeDefault means, where the host's administrator has loaded it.</summary>
    internal const string DefaultProfile = "peapod-default";

    private const string LoadedProfiles = "/sys/kernel/security/apparmor/profiles";

    /// <summary>
    /// The profile, or null for none. RuntimeDefault without that profile, and without AppArmor, is none, as podman has it; a profile that
    /// the manifest names must be there.
    /// </summary>
    /// <exception cref="PodException">In the kubelet's words.</exception>
    internal static string? AppArmor(PodSpec pod, ContainerSpec container)
    {
        if (container.SecurityContext?.Privileged == true)
        {
            return null;
        }

        var profile = container.SecurityContext?.AppArmorProfile ?? pod.SecurityContext?.AppArmorProfile;
        switch (profile?.Type)
        {
            case ProfileType.Unconfined:
                return null;
            case ProfileType.Localhost:
                var name = profile.LocalhostProfile ?? "";
                return !IsAppArmorEnabled() ? throw new PodException("Cannot enforce AppArmor: AppArmor is not enabled on the host")
                    : !IsLoaded(name) ? throw new PodException($"Cannot enforce AppArmor: profile \"{name}\" is not loaded\n  load it: apparmor_parser -r FILE")
                    : name;
            default:
                return IsAppArmorEnabled() && IsLoaded(DefaultProfile) ? DefaultProfile : null;
        }
    }

    /// <summary>The process's label and that of its mounts; null where SELinux is not enabled, which is no error, as with the kubelet.</summary>
    internal static (string Process, string Mount)? SELinux(PodSpec pod, ContainerSpec container)
    {
        var options = container.SecurityContext?.SeLinuxOptions ?? pod.SecurityContext?.SeLinuxOptions;
        return options is null || container.SecurityContext?.Privileged == true || FileSystem.TryStat("/sys/fs/selinux/enforce") is null ? null : Labels(options);
    }

    /// <summary>What the options leave open is as container-selinux has it.</summary>
    internal static (string Process, string Mount) Labels(SELinuxOptions options)
    {
        var user = Or(options.User, "system_u");
        var level = Or(options.Level, "s0");
        return ($"{user}:{Or(options.Role, "system_r")}:{Or(options.Type, "container_t")}:{level}", $"{user}:object_r:container_file_t:{level}");

        static string Or(string? given, string usual) => string.IsNullOrEmpty(given) ? usual : given;
    }

    private static bool IsAppArmorEnabled() => FileSystem.TryReadText("/sys/module/apparmor/parameters/enabled")?.StartsWith('Y') == true;

    /// <summary>Each line is a name and, in parentheses, its mode.</summary>
    private static bool IsLoaded(string name)
    {
        try
        {
            foreach (var line in Encoding.UTF8.GetString(FileSystem.ReadAllBytes(LoadedProfiles)).Split('\n'))
            {
                if (line.Length > name.Length && line.StartsWith(name, StringComparison.Ordinal) && line.AsSpan(name.Length).StartsWith(" ("))
                {
                    return true;
                }
            }

            return false;
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.EACCES)
        {
            // securityfs is not mounted here: nobody can say, and the kernel does when the profile is used.
            return name != DefaultProfile;
        }
    }
}
