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

    /// <summary>container-selinux's type for containers that it does not confine.</summary>
    private const string Unconfined = "spc_t";

    private const string LoadedProfiles = "/sys/kernel/security/apparmor/profiles";

    /// <summary>
    /// The profile, or null for none. What the manifest asks for must be there, RuntimeDefault too; where it says nothing, it is RuntimeDefault
    /// if the host has that, else none.
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
            case ProfileType.Localhost or ProfileType.RuntimeDefault:
                var name = profile.Type == ProfileType.Localhost ? profile.LocalhostProfile ?? "" : DefaultProfile;
                return !IsAppArmorEnabled() ? throw new PodException("Cannot enforce AppArmor: AppArmor is not enabled on the host")
                    : !IsLoaded(name) ? throw new PodException($"Cannot enforce AppArmor: profile \"{name}\" is not loaded\n  load it: apparmor_parser -r FILE")
                    : name;
            default:
                return IsAppArmorEnabled() && IsLoaded(DefaultProfile) ? DefaultProfile : null;
        }
    }

    /// <summary>The process's label and that of its mounts; null for none. Where SELinux is not enabled only what it would leave unconfined runs.</summary>
    /// <exception cref="PodException">SELinux is not enabled, and the manifest asks for a label that confines.</exception>
    internal static (string Process, string Mount)? SELinux(PodSpec pod, ContainerSpec container)
    {
        var options = container.SecurityContext?.SeLinuxOptions ?? pod.SecurityContext?.SeLinuxOptions;
        if (options is null || container.SecurityContext?.Privileged == true)
        {
            return null;
        }

        return FileSystem.TryStat("/sys/fs/selinux/enforce") is not null ? Labels(options)
            : options.Type == Unconfined ? null
            : throw new PodException("securityContext.seLinuxOptions: SELinux is not enabled on the host");
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
