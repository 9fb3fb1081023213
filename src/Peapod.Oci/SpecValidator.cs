namespace Peapod.Oci;

/// <summary>The rules of the runtime-spec that need no look at the system. The first breach is told, by its field.</summary>
public static class SpecValidator
{
    /// <param name="spec">The configuration.</param>
    /// <param name="rootIsBrought">root.path is not used: the caller brings the root file system.</param>
    /// <param name="processIsOptional">A sandbox executes nothing.</param>
    /// <exception cref="SpecException">The field and what is wrong.</exception>
    public static void Validate(Spec spec, bool rootIsBrought = false, bool processIsOptional = false)
    {
        CheckVersion(spec.OciVersion);
        if (!rootIsBrought)
        {
            Require(spec.Root?.Path, "root.path");
        }

        if (spec.Process is not null)
        {
            ValidateProcess(spec.Process, "process");
        }
        else if (!processIsOptional)
        {
            throw new SpecException("process", "is missing");
        }

        for (var i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            CheckMount(spec.Mounts![i], $"mounts[{i}]");
        }

        CheckLinux(spec);
        CheckUnsupported(spec);
    }

    /// <summary>The rules of one process; also those of the file that <c>exec --process</c> reads.</summary>
    public static void ValidateProcess(Process process, string field)
    {
        if (process.Args is not { Count: > 0 } args || args[0].Length == 0)
        {
            throw new SpecException($"{field}.args", "must name an executable");
        }

        Require(process.Cwd, $"{field}.cwd");
        if (process.Cwd![0] != '/')
        {
            throw new SpecException($"{field}.cwd", $"\"{process.Cwd}\" is not an absolute path");
        }

        CheckText(process.Cwd, $"{field}.cwd");
        CheckTexts(args, $"{field}.args");
        CheckTexts(process.Env, $"{field}.env");
        CheckCapabilities(process.Capabilities, field);
        CheckLimits(process.Rlimits, $"{field}.rlimits");
        if (process.OomScoreAdj is < -1000 or > 1000)
        {
            throw new SpecException($"{field}.oomScoreAdj", $"{process.OomScoreAdj} is not between -1000 and 1000");
        }

        Refuse(process.ApparmorProfile, $"{field}.apparmorProfile");
        Refuse(process.SelinuxLabel, $"{field}.selinuxLabel");
        Refuse(process.Scheduler, $"{field}.scheduler");
        Refuse(process.IoPriority, $"{field}.ioPriority");
        Refuse(process.ExecCPUAffinity, $"{field}.execCPUAffinity");
    }

    private static void CheckVersion(string? version)
    {
        Require(version, "ociVersion");
        var parts = version!.Split('-', '+')[0].Split('.');
        if (parts.Length != 3 || !Array.TrueForAll(parts, static part => uint.TryParse(part, System.Globalization.NumberStyles.None, null, out _)))
        {
            throw new SpecException("ociVersion", $"\"{version}\" is not a version of the form 1.3.0");
        }

        if (parts[0] != "1")
        {
            throw new SpecException("ociVersion", $"\"{version}\" is not supported; this runtime follows {DefaultSpec.Version} and reads every 1.x");
        }
    }

    private static void CheckCapabilities(ProcessCapabilities? sets, string field)
    {
        CheckSet(sets?.Bounding, "bounding");
        CheckSet(sets?.Effective, "effective");
        CheckSet(sets?.Inheritable, "inheritable");
        CheckSet(sets?.Permitted, "permitted");
        CheckSet(sets?.Ambient, "ambient");

        void CheckSet(IReadOnlyList<string>? names, string set)
        {
            for (var i = 0; i < (names?.Count ?? 0); i++)
            {
                if (!Capabilities.TryParse(names![i], out _))
                {
                    throw new SpecException($"{field}.capabilities.{set}[{i}]", $"unknown capability \"{names[i]}\"");
                }
            }
        }
    }

    private static void CheckLimits(IReadOnlyList<Rlimit>? limits, string field)
    {
        var seen = 0;
        for (var i = 0; i < (limits?.Count ?? 0); i++)
        {
            var limit = limits![i];
            if (limit.Type is null || !Rlimits.TryParse(limit.Type, out var number))
            {
                throw new SpecException($"{field}[{i}].type", $"unknown resource limit \"{limit.Type}\"");
            }

            if ((seen & (1 << number)) != 0)
            {
                throw new SpecException($"{field}[{i}].type", $"{limit.Type} is there twice");
            }

            seen |= 1 << number;
            if (limit.Soft > limit.Hard)
            {
                throw new SpecException($"{field}[{i}].soft", $"{limit.Soft} is above the hard limit {limit.Hard}");
            }
        }
    }

    private static void CheckMount(Mount mount, string field)
    {
        Require(mount.Destination, $"{field}.destination");
        CheckText(mount.Destination!, $"{field}.destination");
        CheckText(mount.Source ?? "", $"{field}.source");
        CheckText(mount.Type ?? "", $"{field}.type");
        CheckTexts(mount.Options, $"{field}.options");
        Refuse(mount.UidMappings, $"{field}.uidMappings");
        Refuse(mount.GidMappings, $"{field}.gidMappings");
    }

    private static void CheckLinux(Spec spec)
    {
        var namespaces = spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            var field = $"linux.namespaces[{i}]";
            var type = namespaces![i].Type;
            if (type is not ("pid" or "network" or "mount" or "ipc" or "uts" or "user" or "cgroup" or "time"))
            {
                throw new SpecException($"{field}.type", $"unknown namespace type \"{type}\"");
            }

            if (namespaces[i].Path is { Length: > 0 } path && path[0] != '/')
            {
                throw new SpecException($"{field}.path", $"\"{path}\" is not an absolute path");
            }

            for (var j = 0; j < i; j++)
            {
                if (namespaces[j].Type == type)
                {
                    throw new SpecException(field, $"the {type} namespace is there twice");
                }
            }
        }

        NeedsNamespace(spec, spec.Hostname is { Length: > 0 }, "uts", "hostname");
        NeedsNamespace(spec, spec.Domainname is { Length: > 0 }, "uts", "domainname");
        NeedsNamespace(spec, spec.Linux?.UidMappings is { Count: > 0 }, "user", "linux.uidMappings");
        NeedsNamespace(spec, spec.Linux?.GidMappings is { Count: > 0 }, "user", "linux.gidMappings");
        CheckUserNamespace(spec);
        CheckPropagation(spec.Linux?.RootfsPropagation);
        CheckSysctls(spec);
        CheckPaths(spec.Linux?.MaskedPaths, "linux.maskedPaths");
        CheckPaths(spec.Linux?.ReadonlyPaths, "linux.readonlyPaths");
        CheckDevices(spec.Linux);
    }

    private static void CheckUserNamespace(Spec spec)
    {
        if (Has(spec, "user", newOnly: true))
        {
            _ = spec.Linux!.UidMappings is { Count: > 0 } ? 0 : throw new SpecException("linux.uidMappings", "a new user namespace needs mappings");
            _ = spec.Linux.GidMappings is { Count: > 0 } ? 0 : throw new SpecException("linux.gidMappings", "a new user namespace needs mappings");
        }
    }

    private static void CheckPropagation(string? value)
    {
        if (value is not (null or "" or "shared" or "rshared" or "slave" or "rslave" or "private" or "rprivate" or "unbindable" or "runbindable"))
        {
            throw new SpecException("linux.rootfsPropagation", $"unknown propagation \"{value}\"");
        }
    }

    private static void CheckSysctls(Spec spec)
    {
        if (spec.Linux?.Sysctl is not { } sysctls)
        {
            return;
        }

        foreach (var (key, value) in sysctls)
        {
            var field = $"linux.sysctl[\"{key}\"]";
            CheckText(key, field);
            CheckText(value, field);
            var needed = key switch
            {
                "kernel.msgmax" or "kernel.msgmnb" or "kernel.msgmni" or "kernel.sem" or "kernel.shmall" or "kernel.shmmax" or "kernel.shmmni"
                    or "kernel.shm_rmid_forced" => "ipc",
                "kernel.domainname" => "uts",
                "kernel.hostname" => throw new SpecException(field, "use the field hostname instead"),
                _ when key.StartsWith("fs.mqueue.", StringComparison.Ordinal) => "ipc",
                _ when key.StartsWith("net.", StringComparison.Ordinal) => "network",
                _ => throw new SpecException(field, "belongs to the whole host, not to a namespace of the container"),
            };
            if (!Has(spec, needed))
            {
                throw new SpecException(field, $"needs a {needed} namespace of the container's own");
            }
        }
    }

    private static void CheckDevices(Linux? linux)
    {
        for (var i = 0; i < (linux?.Devices?.Count ?? 0); i++)
        {
            var device = linux!.Devices![i];
            var field = $"linux.devices[{i}]";
            Require(device.Path, $"{field}.path");
            if (device.Type is not ("c" or "u" or "b" or "p"))
            {
                throw new SpecException($"{field}.type", $"unknown device type \"{device.Type}\"");
            }
        }

        for (var i = 0; i < (linux?.Resources?.Devices?.Count ?? 0); i++)
        {
            var rule = linux!.Resources!.Devices![i];
            var field = $"linux.resources.devices[{i}]";
            if (rule.Type is not (null or "" or "a" or "b" or "c"))
            {
                throw new SpecException($"{field}.type", $"unknown device type \"{rule.Type}\"");
            }

            foreach (var c in rule.Access ?? "")
            {
                if (c is not ('r' or 'w' or 'm'))
                {
                    throw new SpecException($"{field}.access", $"\"{rule.Access}\" has letters other than r, w and m");
                }
            }
        }
    }

    /// <summary>What a later version does. To leave out a confinement that was asked for would be worse than to refuse.</summary>
    private static void CheckUnsupported(Spec spec)
    {
        Refuse(spec.Linux?.Seccomp, "linux.seccomp");
        Refuse(spec.Linux?.IntelRdt, "linux.intelRdt");
        Refuse(spec.Linux?.Personality, "linux.personality");
        Refuse(spec.Linux?.MemoryPolicy, "linux.memoryPolicy");
        Refuse(spec.Linux?.NetDevices, "linux.netDevices");
        Refuse(spec.Linux?.TimeOffsets, "linux.timeOffsets");
        Refuse(spec.Linux?.MountLabel, "linux.mountLabel");
        var hooks = spec.Hooks;
        Refuse(hooks?.Prestart, "hooks.prestart");
        Refuse(hooks?.CreateRuntime, "hooks.createRuntime");
        Refuse(hooks?.CreateContainer, "hooks.createContainer");
        Refuse(hooks?.StartContainer, "hooks.startContainer");
        Refuse(hooks?.Poststart, "hooks.poststart");
        Refuse(hooks?.Poststop, "hooks.poststop");
    }

    private static void Refuse(object? value, string field)
    {
        if (value is not (null or "" or System.Collections.ICollection { Count: 0 }))
        {
            throw new SpecException(field, "is not supported by this version of Peapod");
        }
    }

    private static void NeedsNamespace(Spec spec, bool isSet, string type, string field)
    {
        if (isSet && !Has(spec, type))
        {
            throw new SpecException(field, $"needs a {type} namespace of the container's own in linux.namespaces");
        }
    }

    private static bool Has(Spec spec, string type, bool newOnly = false)
    {
        for (var i = 0; i < (spec.Linux?.Namespaces?.Count ?? 0); i++)
        {
            var item = spec.Linux!.Namespaces![i];
            if (item.Type == type && !(newOnly && item.Path is { Length: > 0 }))
            {
                return true;
            }
        }

        return false;
    }

    private static void CheckPaths(IReadOnlyList<string>? paths, string field)
    {
        for (var i = 0; i < (paths?.Count ?? 0); i++)
        {
            CheckText(paths![i], $"{field}[{i}]");
            if (paths[i].Length == 0 || paths[i][0] != '/')
            {
                throw new SpecException($"{field}[{i}]", $"\"{paths[i]}\" is not an absolute path");
            }
        }
    }

    private static void CheckTexts(IReadOnlyList<string>? texts, string field)
    {
        for (var i = 0; i < (texts?.Count ?? 0); i++)
        {
            if (texts![i].Contains('\0', StringComparison.Ordinal))
            {
                CheckText(texts[i], $"{field}[{i}]");
            }
        }
    }

    private static void CheckText(string text, string field)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new SpecException(field, "holds a NUL character, which would end it early");
        }
    }

    private static void Require(string? value, string field)
    {
        if (string.IsNullOrEmpty(value))
        {
            throw new SpecException(field, "is missing");
        }
    }
}
