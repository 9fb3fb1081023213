using Peapod.Container.Seccomp;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Diagnosis;

/// <summary>seccomp, security modules and what the caller itself may do.</summary>
internal static class SecurityProbes
{
    internal static void Run(Findings findings)
    {
        Filters(findings);
        Modules(findings);
        Caller(findings);
    }

    private static void Filters(Findings findings)
    {
        var flags = SeccompFlags.OfKernel();
        var actions = FileSystem.TryReadText("/proc/sys/kernel/seccomp/actions_avail");
        if (actions is null)
        {
            findings.Missing("seccomp", "filters", "no kernel.seccomp", "containers with linux.seccomp are refused.", "run a kernel with CONFIG_SECCOMP_FILTER.");
            return;
        }

        findings.Ok("seccomp", "filters", actions);
        foreach (var flag in SeccompNames.Flags)
        {
            if (flags.Contains(flag))
            {
                findings.Ok("seccomp", flag);
            }
            else
            {
                findings.Missing("seccomp", flag, "the kernel refuses it", "profiles with that flag are refused.", "run a newer kernel (6.0 knows all), or leave the flag out of linux.seccomp.flags.");
            }
        }

        if (!actions.Split(' ').Contains("user_notif"))
        {
            findings.Missing("seccomp", "SCMP_ACT_NOTIFY", "no user_notif among the actions", "profiles that ask an agent are refused.", "run a kernel from 5.0 on.");
        }
    }

    private static void Modules(Findings findings)
    {
        var modules = FileSystem.TryReadText("/sys/kernel/security/lsm");
        findings.Ok("lsm", "active", modules ?? "unknown: securityfs is not mounted");
        if (FileSystem.TryReadText("/sys/module/apparmor/parameters/enabled")?.StartsWith('Y') == true)
        {
            findings.Ok("lsm", "AppArmor", HostPaths.Program("apparmor_parser") is { } parser ? $"enabled, {parser}" : "enabled; apparmor_parser(8), which loads profiles, is not installed");
        }
        else
        {
            findings.Missing("lsm", "AppArmor", "not enabled", "containers with process.apparmorProfile are refused.", "boot with lsm=…,apparmor, on a kernel that has it, if profiles are wanted.");
        }

        switch (FileSystem.TryReadText("/sys/fs/selinux/enforce"))
        {
            case null:
                findings.Missing("lsm", "SELinux", "not enabled", "containers with process.selinuxLabel or linux.mountLabel are refused.", "boot with lsm=…,selinux and a policy, if labels are wanted.");
                break;
            case "1":
                findings.Ok("lsm", "SELinux", "enforcing");
                break;
            default:
                findings.Warn("lsm", "SELinux", "permissive", "labels are set, and what they forbid is only logged.", "setenforce 1.");
                break;
        }
    }

    private static void Caller(Findings findings)
    {
        var permitted = OwnCapabilities.Permitted();
        var missing = new List<string>();
        for (var number = 0; Capabilities.Name(number) is { } name; number++)
        {
            if ((permitted & (1UL << number)) == 0 && number <= (HostPaths.Sysctl("kernel.cap_last_cap") ?? 63))
            {
                missing.Add(name);
            }
        }

        findings.Ok("caller", "user", $"{Kernel.Interop.Libc.geteuid()}");
        if (missing.Count == 0)
        {
            findings.Ok("caller", "capabilities", "all");
        }

        foreach (var name in missing)
        {
            var (consequence, needed) = name switch
            {
                "CAP_SYS_ADMIN" => ("no namespace, no mount, no container.", true),
                "CAP_SYS_RESOURCE" => ("hard limits cannot be raised (process.rlimits), nor oomScoreAdj lowered.", false),
                "CAP_MKNOD" => ("devices of linux.devices cannot be made.", false),
                "CAP_NET_ADMIN" => ("links and routes of pods cannot be made.", false),
                "CAP_SETUID" or "CAP_SETGID" => ("no process can run as another user.", false),
                "CAP_SYS_NICE" => ("scheduling policies with priority are refused (process.scheduler).", false),
                _ => ("no container gets it, whatever its config.json says.", false),
            };
            const string remedy = "give it to whoever calls Peapod (CapabilityBoundingSet= of a unit, --privileged of a container around it).";
            if (needed)
            {
                findings.Missing("caller", name, "not permitted", consequence, remedy, needed: true);
            }
            else
            {
                findings.Warn("caller", name, "not permitted", consequence, remedy);
            }
        }
    }
}
