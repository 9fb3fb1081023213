using System.Globalization;
using Peapod.Container.Seccomp;
using Peapod.Oci;

namespace Peapod.Container;

/// <summary>What this version does, as the document of <c>features</c>.</summary>
public static class SupportedFeatures
{
    /// <summary>The oldest runtime-spec that is accepted.</summary>
    public const string OldestOciVersion = "1.0.0";

    /// <summary>Of the libseccomp that is linked in: MAJOR.MINOR.MICRO.</summary>
    public static unsafe string LibseccompVersion
    {
        get
        {
            var version = Libseccomp.seccomp_version();
            return string.Create(CultureInfo.InvariantCulture, $"{version->Major}.{version->Minor}.{version->Micro}");
        }
    }

    /// <summary>The document, without annotations.</summary>
    public static Features Describe() => new()
    {
        OciVersionMin = OldestOciVersion,
        OciVersionMax = DefaultSpec.OciVersion,
        Hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
        MountOptions = MountOptionNames,
        Linux = new LinuxFeatures
        {
            Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
            Capabilities = CapabilityNames(),
            Cgroup = new CgroupFeatures { V1 = false, V2 = true, Systemd = true, SystemdUser = false, Rdma = true },
            Seccomp = new SeccompFeatures
            {
                Enabled = true,
                Actions = SeccompNames.Actions,
                Operators = SeccompNames.Operators,
                Archs = SeccompCompiler.KnownArchitectures(),
                KnownFlags = SeccompNames.Flags,
                SupportedFlags = SeccompFlags.OfKernel(),
            },
            Apparmor = new EnabledFeature { Enabled = true },
            Selinux = new EnabledFeature { Enabled = true },
            IntelRdt = new IntelRdtFeatures { Enabled = true, Schemata = true, Monitoring = true },
            MountExtensions = new MountExtensionsFeatures { Idmap = new EnabledFeature { Enabled = true } },
            MemoryPolicy = new MemoryPolicyFeatures
            {
                Modes = ["MPOL_BIND", "MPOL_DEFAULT", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE"],
                Flags = ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"],
            },
            NetDevices = new EnabledFeature { Enabled = true },
        },
    };

    /// <summary>Those that are not left to a file system; sync, dirsync, lazytime and mand are the kernel's for all of them.</summary>
    private static readonly string[] MountOptionNames =
    [
        "async", "atime", "bind", "copy-symlink", "defaults", "dest-nofollow", "dev", "diratime", "dirsync", "exec", "idmap", "iversion", "lazytime", "loud", "mand", "noatime",
        "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow",
        "private", "ratime", "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec",
        "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave",
        "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "src-nofollow", "strictatime", "suid", "symfollow",
        "sync", "tmpcopyup", "unbindable",
    ];

    private static string[] CapabilityNames()
    {
        var names = new List<string>();
        for (var number = 0; Capabilities.Name(number) is { } name; number++)
        {
            names.Add(name);
        }

        return [.. names];
    }
}
