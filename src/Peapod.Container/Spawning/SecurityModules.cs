using Peapod.Container.Plans;
using Peapod.Kernel.Files;

namespace Peapod.Container.Spawning;

/// <summary>Which Linux security modules this host has enabled.</summary>
internal static class SecurityModules
{
    /// <exception cref="ContainerException">The step's module is not enabled.</exception>
    internal static void Require(RequireModuleStep step)
    {
        if (!IsEnabled(step.Module))
        {
            throw new ContainerException($"{Failures.Prefix(step.Field)}cannot {step.Text}: {step.Module} is not enabled on this host");
        }
    }

    private static bool IsEnabled(SecurityModule module) => module switch
    {
        SecurityModule.AppArmor => FileSystem.TryReadText("/sys/module/apparmor/parameters/enabled")?.StartsWith('Y') == true,

        // selinuxfs can be mounted only where SELinux is enabled.
        _ => FileSystem.TryStat("/sys/fs/selinux/enforce") is not null,
    };
}
