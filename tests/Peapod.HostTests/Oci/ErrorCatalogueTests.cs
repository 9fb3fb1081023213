using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>
/// What a user reads for each kind of broken configuration. A sentence begins with the field that is wrong; the kernel's reason follows where
/// it is the kernel's, and what to do where that is known. Read them aloud: would you know what to fix?
/// </summary>
public class ErrorCatalogueTests
{
    /// <summary>The field, what it is set to, the sentence, and the exit code.</summary>
    public static TheoryData<string, string, string, int> Broken => new()
    {
        { "ociVersion", "\"1\"", "ociVersion: \"1\" is not a version such as \"1.3.0\"", 1 },
        { "ociVersion", "\"\"", "ociVersion: is required", 1 },
        { "process.cwd", "\"relative\"", "process.cwd: must be an absolute path, not \"relative\"", 1 },
        { "process.cwd", "\"\"", "process.cwd: is required", 1 },
        { "process.args", "[]", "process.args: must name a program", 1 },
        { "process.args", "[\"\"]", "process.args[0]: exec: \"\": executable file not found in $PATH", 127 },
        { "process.args", "[\"/etc\"]", "process.args[0]: exec: \"/etc\": is a directory: permission denied", 126 },
        { "process.args", "[\"/bin/nothing\"]", "process.args[0]: exec: \"/bin/nothing\": stat /bin/nothing: no such file or directory", 127 },
        { "process.env", "[\"NOEQUALS\"]", "process.env[0]: \"NOEQUALS\" has no \"=\"", 1 },
        { "process.env", "[\"=x\"]", "process.env[0]: the name before \"=\" is empty", 1 },
        { "process.user", "{\"uid\": -1}", "process.user.uid: -1 is out of range (0 to 4294967295)", 1 },
        { "process.user", "{\"uid\": 4294967296}", "process.user.uid: 4294967296 is out of range (0 to 4294967295)", 1 },
        { "process.user", "{\"additionalGids\": [-5]}", "process.user.additionalGids[0]: -5 is out of range (0 to 4294967295)", 1 },
        { "process.rlimits", "[{\"type\":\"RLIMIT_FOO\",\"hard\":1,\"soft\":1}]", "process.rlimits[0].type: unknown resource limit \"RLIMIT_FOO\"", 1 },
        { "process.rlimits", "[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1,\"soft\":2}]", "process.rlimits[0].soft: 2 is above the hard limit 1", 1 },
        { "process.rlimits", "[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1,\"soft\":1},{\"type\":\"RLIMIT_NOFILE\",\"hard\":1,\"soft\":1}]", "process.rlimits[1].type: RLIMIT_NOFILE is set twice", 1 },
        { "process.oomScoreAdj", "2000", "process.oomScoreAdj: 2000 is out of range (-1000 to 1000)", 1 },
        { "process.noNewPrivileges", "\"yes\"", "process.noNewPrivileges: expected true or false, found a string", 1 },
        { "process.consoleSize", "{\"height\": -1, \"width\": 3}", "process.consoleSize.height: -1 is out of range (0 to 18446744073709551615)", 1 },
        { "process.scheduler", "{\"policy\":\"SCHED_NOPE\"}", "process.scheduler.policy: unknown scheduling policy \"SCHED_NOPE\"", 1 },
        { "process.ioPriority", "{\"class\":\"IOPRIO_CLASS_X\",\"priority\":3}", "process.ioPriority.class: unknown I/O priority class \"IOPRIO_CLASS_X\"", 1 },
        { "root.path", "\"\"", "root.path: is required", 1 },
        { "root.path", "\"/nonexistent\"", "root.path: cannot use \"/nonexistent\" as the root file system: open_tree: No such file or directory\n  the root file system does not exist", 1 },
        { "root.path", "\"config.json\"", "root.path: cannot use \"BUNDLE/config.json\" as the root file system: open_tree: Not a directory\n  the root file system must be a directory", 1 },
        { "root", "null", "root: is required", 1 },
        { "hostname", "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"", "hostname: is longer than 64 bytes", 1 },
        { "domainname", "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"", "domainname: is longer than 64 bytes", 1 },
        { "mounts[+]", "{\"destination\":\"\"}", "mounts[7].destination: is required", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"nofs\",\"source\":\"x\"}", "mounts[7]: cannot mount nofs at \"/x\": fsopen: No such device\n  this kernel does not know that file system", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/nonexistent\",\"options\":[\"bind\"]}", "mounts[7]: cannot mount \"/nonexistent\" at \"/x\": open_tree: No such file or directory\n  the source does not exist on the host", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"size=huge\"]}", "mounts[7]: cannot mount tmpfs at \"/x\": size: Invalid argument", 1 },
        { "mounts[+]", "{\"destination\":\"/etc/passwd/x\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}", "mounts[7]: cannot mount tmpfs at \"/etc/passwd/x\": openat2: Not a directory", 1 },
        { "mounts[+]", "{\"destination\":\"/proc/sys/x\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}", "mounts[7].destination: \"/proc/sys/x\" is inside /proc, which only the proc file system may fill", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/tmp\",\"options\":[\"bind\",\"nonsense\"]}", "mounts[7].options: unknown option \"nonsense\" for a bind mount", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/etc/passwd\",\"options\":[\"bind\",\"ro\",\"uidMappings\"]}", "mounts[7].options: unknown option \"uidMappings\" for a bind mount", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/tmp\",\"options\":[\"bind\",\"idmap\"]}", "mounts[7].options: \"idmap\" needs uidMappings and gidMappings, or a user namespace in linux.namespaces whose mappings it takes", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"idmap\"]}", "mounts[7].options: the ids of a bind mount can be mapped, not those of tmpfs", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/tmp\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}", "mounts[7].uidMappings: needs gidMappings beside it", 1 },
        { "mounts[+]", "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/tmp\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":2},{\"containerID\":1,\"hostID\":5,\"size\":2}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}", "mounts[7].uidMappings: cannot write uid_map: Invalid argument", 1 },
        { "linux.memoryPolicy", "{\"mode\":\"MPOL_NOPE\"}", "linux.memoryPolicy.mode: invalid memory policy mode: unknown memory policy \"MPOL_NOPE\"", 1 },
        { "linux.memoryPolicy", "{\"mode\":\"MPOL_BIND\",\"nodes\":\"3-1\"}", "linux.memoryPolicy.nodes: invalid memory policy node: \"3-1\" goes backwards", 1 },
        { "linux.memoryPolicy", "{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0-1\"}", "linux.memoryPolicy.nodes: invalid memory policy: mode requires 0 nodes but got 2", 1 },
        { "linux.netDevices", "{\"a/b\":{}}", "linux.netDevices: \"a/b\" is not the name of a network interface", 1 },
        { "linux.intelRdt", "{\"closID\":\"..\"}", "linux.intelRdt.closID: \"..\" is not the name of a directory", 1 },
        { "process.execCPUAffinity", "{\"final\":\"x\"}", "process.execCPUAffinity.final: \"x\" is not a list of CPUs such as \"0-3,7\"", 1 },
        { "linux.namespaces", "[{\"type\":\"nope\"}]", "linux.namespaces[0].type: unknown namespace \"nope\"", 1 },
        { "linux.namespaces", "[{\"type\":\"pid\"},{\"type\":\"pid\"}]", "linux.namespaces[1].type: the pid namespace is listed twice", 1 },
        { "linux.namespaces", "[{\"type\":\"mount\"},{\"type\":\"network\",\"path\":\"relative\"}]", "linux.namespaces[1].path: must be an absolute path, not \"relative\"", 1 },
        { "linux.devices", "[{\"path\":\"/dev/x\",\"type\":\"q\",\"major\":1,\"minor\":3}]", "linux.devices[0].type: unknown device type \"q\"", 1 },
        { "linux.devices", "[{\"path\":\"dev/x\",\"type\":\"c\",\"major\":1,\"minor\":3}]", "linux.devices[0].path: must be an absolute path, not \"dev/x\"", 1 },
        { "linux.devices", "[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":-2,\"minor\":3}]", "linux.devices[0].major: -2 is out of range (0 to 4095)", 1 },
        { "linux.rootfsPropagation", "\"loose\"", "linux.rootfsPropagation: unknown propagation \"loose\"", 1 },
        { "linux.maskedPaths", "[\"relative\"]", "linux.maskedPaths[0]: must be an absolute path, not \"relative\"", 1 },
        { "linux.readonlyPaths", "[\"../x\"]", "linux.readonlyPaths[0]: must be an absolute path, not \"../x\"", 1 },
        { "linux.sysctl", "{\"kernel.nope\":\"1\"}", "linux.sysctl[\"kernel.nope\"]: does not belong to a namespace: it would change the host", 1 },
        { "linux.sysctl", "{\"kernel.pid_max\":\"1\"}", "linux.sysctl[\"kernel.pid_max\"]: does not belong to a namespace: it would change the host", 1 },
        { "linux.sysctl", "{\"net.ipv4.ip_forward\":\"many\"}", "linux.sysctl[\"net.ipv4.ip_forward\"]: cannot set it to \"many\": write: Invalid argument", 1 },
        { "linux.cgroupsPath", "\"/../x\"", "linux.cgroupsPath: \"/../x\" must not hold \"..\"", 1 },
        { "linux.resources.memory", "{\"limit\": \"1g\"}", "linux.resources.memory.limit: expected a number, found a string", 1 },
        { "linux.resources.memory", "{\"swap\": 5, \"limit\": 10}", "linux.resources.memory.swap: 5 is below the memory limit 10, which it includes", 1 },
        { "linux.resources.hugepageLimits", "[{\"pageSize\":\"3MB\",\"limit\":1}]", "linux.resources.hugepageLimits[0]: this kernel has no hugetlb.3MB.max", 1 },
        { "linux.resources.unified", "{\"../x\":\"1\"}", "linux.resources.unified: \"../x\" is not the name of a file in a cgroup", 1 },
        { "linux.resources.unified", "{\"hugetlb.2MB.max\":\"lots\"}", "linux.resources.unified[\"hugetlb.2MB.max\"]: cannot write \"lots\" to hugetlb.2MB.max: Invalid argument", 1 },
        { "linux.resources.devices", "[{\"allow\":true,\"type\":\"z\",\"access\":\"r\"}]", "linux.resources.devices[0].type: unknown device type \"z\"", 1 },
        { "linux.resources.devices", "[{\"allow\":true,\"access\":\"rq\"}]", "linux.resources.devices[0].access: \"rq\" must be made of \"r\", \"w\" and \"m\"", 1 },
        { "linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_NOPE\"}", "linux.seccomp.defaultAction: unknown action \"SCMP_ACT_NOPE\"", 1 },
        { "linux.timeOffsets", "{\"boottime\":{\"secs\":1}}", "linux.timeOffsets: needs a time namespace in linux.namespaces", 1 },
        { "linux.personality", "{\"domain\":\"LINUX64\"}", "linux.personality.domain: unknown execution domain \"LINUX64\"", 1 },
        { "hooks", "{\"prestart\":[{\"path\":\"relative\"}]}", "hooks.prestart[0].path: must be an absolute path, not \"relative\"", 1 },
        { "annotations", "{\"\":\"x\"}", "annotations: a key is empty", 1 },
        { "annotations", "{\"a\":5}", "annotations.a: expected a string, found a number", 1 },
    };

    [SkippableTheory]
    [MemberData(nameof(Broken))]
    public void A_broken_configuration_is_refused_in_a_sentence(string field, string json, string sentence, int exitCode)
    {
        if (sentence.Contains("hugetlb", StringComparison.Ordinal))
        {
            Controllers.Need("hugetlb");
        }

        using var bundle = new Bundle("true").Set(field, json);

        var result = bundle.Run();

        Assert.Equal(("peapod: config.json: " + sentence + "\n", "", exitCode), (result.Error.Replace(bundle.Folder, "BUNDLE"), result.Output, result.ExitCode));
        Assert.Empty(Directory.Exists(bundle.Root) ? Directory.GetFileSystemEntries(bundle.Root) : []);
    }

    [Fact]
    public void The_catalogue_is_long_enough_to_be_one() => Assert.InRange(Broken.Count, 60, 1000);
}
