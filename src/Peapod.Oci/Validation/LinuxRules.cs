namespace Peapod.Oci;

/// <summary>Rules for what only Linux has (config-linux.md), but for namespaces, limits and seccomp, which have their own.</summary>
internal static class LinuxRules
{
    public static void Check(Linux linux, NamespaceSet namespaces)
    {
        CheckUserNamespace(linux, namespaces);
        CheckTimeOffsets(linux, namespaces);
        CheckPaths(linux, namespaces);
        CheckDevices(linux.Devices);
        SysctlRules.Check(linux.Sysctl, namespaces);
        NetDeviceRules.Check(linux.NetDevices, namespaces);
        if (!string.IsNullOrEmpty(linux.RootfsPropagation) && !Names.IsRootfsPropagation(linux.RootfsPropagation))
        {
            throw new SpecException("linux.rootfsPropagation", $"unknown propagation \"{linux.RootfsPropagation}\"");
        }
        Rule.NoNul(linux.CgroupsPath, "linux.cgroupsPath");
        Rule.NoNul(linux.MountLabel, "linux.mountLabel");
        if (linux.Resources is not null)
        {
            ResourceRules.Check(linux.Resources, "linux.resources");
            CheckSwap(linux.Resources.Memory);
        }
        if (linux.Seccomp is not null)
        {
            SeccompRules.Check(linux.Seccomp);
        }
        if (linux.IntelRdt is not null)
        {
            CheckIntelRdt(linux.IntelRdt);
        }
        if (linux.MemoryPolicy is not null)
        {
            CheckMemoryPolicy(linux.MemoryPolicy);
        }
        if (linux.Personality is not null)
        {
            CheckPersonality(linux.Personality);
        }
    }

    // In cgroup v2 swap has a limit of its own, the difference of the two. (An update may leave the memory limit as it is.)
    private static void CheckSwap(LinuxMemory? memory)
    {
        if (memory is { Swap: > 0 } and ({ Limit: null } or { Limit: <= 0 }))
        {
            throw new SpecException("linux.resources.memory.swap", "needs a memory limit, which it includes");
        }
    }

    // A user namespace to be joined may come with its mappings, as containerd and CRI-O write them.
    private static void CheckUserNamespace(Linux linux, NamespaceSet namespaces)
    {
        if (namespaces.Makes("user"))
        {
            string? missing = linux.UidMappings.Count == 0 ? "uidMappings" : linux.GidMappings.Count == 0 ? "gidMappings" : null;
            if (missing is not null)
            {
                throw new SpecException("linux." + missing, "is required for a new user namespace");
            }
        }
        IdMappingRules.Check(linux.UidMappings, "linux.uidMappings");
        IdMappingRules.Check(linux.GidMappings, "linux.gidMappings");
    }

    private static void CheckTimeOffsets(Linux linux, NamespaceSet namespaces)
    {
        if (linux.TimeOffsets.Count != 0 && !namespaces.Has("time"))
        {
            throw new SpecException("linux.timeOffsets", "needs a time namespace in linux.namespaces");
        }
        if (linux.TimeOffsets.Count != 0 && !namespaces.Makes("time"))
        {
            throw new SpecException("linux.timeOffsets", "needs a new time namespace: the clocks of one that is joined are set for good");
        }
        foreach (KeyValuePair<string, LinuxTimeOffset> offset in linux.TimeOffsets)
        {
            if (offset.Key is not ("monotonic" or "boottime"))
            {
                throw new SpecException("linux.timeOffsets", $"unknown clock \"{offset.Key}\"");
            }
            if (offset.Value.Nanosecs > 999_999_999)
            {
                throw new SpecException($"linux.timeOffsets.{offset.Key}.nanosecs", $"{offset.Value.Nanosecs} is a second or more");
            }
        }
    }

    private static void CheckPaths(Linux linux, NamespaceSet namespaces)
    {
        CheckPaths(linux.MaskedPaths, "maskedPaths", namespaces);
        CheckPaths(linux.ReadonlyPaths, "readonlyPaths", namespaces);
    }

    private static void CheckPaths(IReadOnlyList<string> paths, string field, NamespaceSet namespaces)
    {
        if (paths.Count != 0 && !namespaces.Has("mount"))
        {
            throw new SpecException("linux." + field, "needs a mount namespace in linux.namespaces");
        }
        for (int i = 0; i < paths.Count; i++)
        {
            if (paths[i].Length == 0 || paths[i][0] != '/')
            {
                throw new SpecException($"linux.{field}[{i}]", $"must be an absolute path, not \"{paths[i]}\"");
            }
        }
        Rule.NoNul(paths, "linux", field);
    }

    private static void CheckDevices(IReadOnlyList<LinuxDevice> devices)
    {
        for (int i = 0; i < devices.Count; i++)
        {
            LinuxDevice device = devices[i];
            string path = $"linux.devices[{i}]";
            Rule.AbsolutePath(device.Path, path + ".path");
            if (device.Type is not ("c" or "u" or "b" or "p"))
            {
                throw new SpecException(path + ".type", device.Type.Length == 0 ? "is required" : $"unknown device type \"{device.Type}\"");
            }
            bool isFifo = device.Type == "p";
            if (!isFifo && device.Major is < 0 or > 0xFFF)
            {
                throw new SpecException(path + ".major", $"{device.Major} is out of range (0 to 4095)");
            }
            if (!isFifo && device.Minor is < 0 or > 0xFFFFF)
            {
                throw new SpecException(path + ".minor", $"{device.Minor} is out of range (0 to 1048575)");
            }
        }
    }

    private static void CheckIntelRdt(LinuxIntelRdt rdt)
    {
        // "/" alone is the root group.
        if (rdt.ClosID is "." or ".." || (rdt.ClosID != "/" && rdt.ClosID?.Contains('/') == true))
        {
            throw new SpecException("linux.intelRdt.closID", $"\"{rdt.ClosID}\" is not the name of a directory");
        }
        Rule.NoNul(rdt.ClosID, "linux.intelRdt.closID");
        if (!string.IsNullOrEmpty(rdt.MemBwSchema)
            && (!rdt.MemBwSchema.StartsWith("MB:", StringComparison.Ordinal) || rdt.MemBwSchema.Contains('\n')))
        {
            throw new SpecException("linux.intelRdt.memBwSchema", "must be one line that begins with \"MB:\"");
        }
        for (int i = 0; i < rdt.Schemata.Count; i++)
        {
            if (rdt.Schemata[i].Contains('\n'))
            {
                throw new SpecException($"linux.intelRdt.schemata[{i}]", "must be one line");
            }
        }
    }

    private static void CheckMemoryPolicy(LinuxMemoryPolicy policy)
    {
        if (!Names.IsMemoryPolicyMode(policy.Mode))
        {
            throw new SpecException("linux.memoryPolicy.mode",
                $"invalid memory policy mode: {(policy.Mode.Length == 0 ? "is required" : $"unknown memory policy \"{policy.Mode}\"")}");
        }
        for (int i = 0; i < policy.Flags.Count; i++)
        {
            if (!Names.IsMemoryPolicyFlag(policy.Flags[i]))
            {
                throw new SpecException($"linux.memoryPolicy.flags[{i}]", $"invalid memory policy flag: unknown memory policy flag \"{policy.Flags[i]}\"");
            }
        }
    }

    private static void CheckPersonality(LinuxPersonality personality)
    {
        if (personality.Domain is not ("LINUX" or "LINUX32"))
        {
            throw new SpecException("linux.personality.domain",
                personality.Domain.Length == 0 ? "is required" : $"unknown execution domain \"{personality.Domain}\"");
        }
        if (personality.Flags.Count != 0)
        {
            throw new SpecException("linux.personality.flags[0]", $"unknown personality flag \"{personality.Flags[0]}\"");
        }
    }
}
