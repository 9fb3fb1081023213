using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Diagnosis;

/// <summary>Namespaces: a child makes one of each kind. Their limits are sysctls; namespaces(7).</summary>
internal static class NamespaceProbes
{
    private const string Area = "namespace";
    private const long Few = 1000;

    internal static void Run(Findings findings)
    {
        Probe(findings, "mnt", Libc.CLONE_NEWNS, "mnt", needed: true);
        Probe(findings, "pid", Libc.CLONE_NEWPID, "pid", needed: true);
        Probe(findings, "net", Libc.CLONE_NEWNET, "net", needed: true);
        Probe(findings, "ipc", Libc.CLONE_NEWIPC, "ipc", needed: true);
        Probe(findings, "uts", Libc.CLONE_NEWUTS, "uts", needed: true);
        Probe(findings, "cgroup", Libc.CLONE_NEWCGROUP, "cgroup", needed: true);
        Probe(findings, "user", Libc.CLONE_NEWUSER, "user", needed: false);
        Probe(findings, "time", Libc.CLONE_NEWTIME, "time", needed: false);
        Restriction(findings, "kernel.unprivileged_userns_clone", 0, "sysctl -w kernel.unprivileged_userns_clone=1");
        Restriction(findings, "kernel.apparmor_restrict_unprivileged_userns", 1, "give the programs an AppArmor profile with \"userns,\", or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    }

    private static void Probe(Findings findings, string name, ulong flag, string limit, bool needed)
    {
        var sysctl = $"user.max_{limit}_namespaces";
        var most = HostPaths.Sysctl(sysctl);
        try
        {
            using var child = ProbeChild.Start(flag);
        }
        catch (KernelException e)
        {
            var (detail, remedy) = e.Error == Errno.ENOSPC ? ($"{e.Message} ({sysctl} is {most})", $"sysctl -w {sysctl}=15000.")
                : e.Error == Errno.EPERM ? (e.Message, "run as a user with CAP_SYS_ADMIN.") : (e.Message, "run a kernel that has it.");
            findings.Missing(Area, name, detail, $"containers with a new {name} namespace are refused.", remedy, needed);
            return;
        }

        if (most < Few)
        {
            findings.Warn(Area, name, $"{sysctl} is {most}", $"not more containers than that can run.", $"sysctl -w {sysctl}=15000.");
        }
        else
        {
            findings.Ok(Area, name, most is null ? "" : $"at most {most}");
        }
    }

    private static void Restriction(Findings findings, string name, long restricting, string remedy)
    {
        if (HostPaths.Sysctl(name) is not { } value)
        {
            return;
        }

        if (value == restricting)
        {
            findings.Warn(Area, name, $"is {value}", "processes without privileges, those in containers too, make no user namespaces; Peapod as root does.", remedy + ".");
        }
        else
        {
            findings.Ok(Area, name, $"is {value}");
        }
    }
}
