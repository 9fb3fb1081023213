using Peapod.Container.Plans;
using Peapod.Oci;

namespace Peapod.Container;

/// <summary>What this version does, as the document of <c>features</c>. What <see cref="UnsupportedFields"/> refuses is not claimed here.</summary>
public static class SupportedFeatures
{
    /// <summary>The oldest runtime-spec that is accepted.</summary>
    public const string OldestOciVersion = "1.0.0";

    /// <summary>The document, without annotations.</summary>
    public static Features Describe() => new()
    {
        OciVersionMin = OldestOciVersion,
        OciVersionMax = DefaultSpec.OciVersion,
        Hooks = [],
        MountOptions = MountOptionNames,
        Linux = new LinuxFeatures
        {
            Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "user", "uts"],
            Capabilities = CapabilityNames(),
            Cgroup = new CgroupFeatures { V1 = false, V2 = true, Systemd = true, SystemdUser = false, Rdma = true },
            Seccomp = new SeccompFeatures { Enabled = false },
            Apparmor = new EnabledFeature { Enabled = false },
            Selinux = new EnabledFeature { Enabled = false },
            IntelRdt = new IntelRdtFeatures { Enabled = false, Schemata = false, Monitoring = false },
            MountExtensions = new MountExtensionsFeatures { Idmap = new EnabledFeature { Enabled = false } },
            NetDevices = new EnabledFeature { Enabled = false },
        },
    };

    /// <summary>Those that are not left to a file system; sync, dirsync, lazytime and mand are the kernel's for all of them.</summary>
    private static readonly string[] MountOptionNames =
    [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud", "mand", "noatime",
        "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow",
        "private", "ratime", "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "rnoatime", "rnodev", "rnodiratime", "rnoexec",
        "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave",
        "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "strictatime", "suid", "symfollow",
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
