namespace Peapod.Oci;

/// <summary>Rules for limits (config-linux.md, Control groups). What the kernel or the host's controllers refuse is not known here.</summary>
internal static class ResourceRules
{
    public static void Check(LinuxResources resources, string path)
    {
        CheckDevices(resources.Devices, path);
        if (resources.Memory is not null)
        {
            CheckMemory(resources.Memory, Rule.Join(path, "memory"));
        }
        if (resources.Cpu is not null)
        {
            CheckCpu(resources.Cpu, Rule.Join(path, "cpu"));
        }
        if (resources.BlockIO is not null)
        {
            CheckBlockIO(resources.BlockIO, Rule.Join(path, "blockIO"));
        }
        for (int i = 0; i < resources.HugepageLimits.Count; i++)
        {
            if (!IsPageSize(resources.HugepageLimits[i].PageSize))
            {
                throw new SpecException($"{Rule.Join(path, "hugepageLimits")}[{i}].pageSize",
                    $"\"{resources.HugepageLimits[i].PageSize}\" is not a page size such as \"2MB\"");
            }
        }
        foreach (KeyValuePair<string, string> file in resources.Unified)
        {
            if (file.Key.Length == 0 || file.Key is "." or ".." || file.Key.AsSpan().ContainsAny('/', '\0'))
            {
                throw new SpecException(Rule.Join(path, "unified"), $"\"{file.Key}\" is not the name of a file in a cgroup");
            }
        }
    }

    private static void CheckDevices(IReadOnlyList<LinuxDeviceCgroup> rules, string path)
    {
        for (int i = 0; i < rules.Count; i++)
        {
            LinuxDeviceCgroup rule = rules[i];
            (string Field, string Fault)? wrong =
                rule.Type is not (null or "" or "a" or "c" or "b") ? ("type", $"unknown device type \"{rule.Type}\"")
                : rule.Major is < -1 or > uint.MaxValue ? ("major", $"{rule.Major} is out of range (-1 to 4294967295)")
                : rule.Minor is < -1 or > uint.MaxValue ? ("minor", $"{rule.Minor} is out of range (-1 to 4294967295)")
                : rule.Access is not null && rule.Access.AsSpan().ContainsAnyExcept("rwm")
                    ? ("access", $"\"{rule.Access}\" must be made of \"r\", \"w\" and \"m\"")
                : null;
            if (wrong is not null)
            {
                throw new SpecException($"{Rule.Join(path, "devices")}[{i}].{wrong.Value.Field}", wrong.Value.Fault);
            }
        }
    }

    private static void CheckMemory(LinuxMemory memory, string path)
    {
        CheckLimit(memory.Limit, path, "limit");
        CheckLimit(memory.Reservation, path, "reservation");
        CheckLimit(memory.Swap, path, "swap");
        if (memory is { Swap: > 0, Limit: > 0 } && memory.Swap < memory.Limit)
        {
            throw new SpecException(path + ".swap", $"{memory.Swap} is below the memory limit {memory.Limit}, which it includes");
        }
    }

    private static void CheckLimit(long? limit, string path, string field)
    {
        if (limit is < -1)
        {
            throw new SpecException(Rule.Join(path, field), $"{limit} is neither a number of bytes nor -1 for no limit");
        }
    }

    private static void CheckCpu(LinuxCpu cpu, string path)
    {
        if (cpu.Idle is < 0 or > 1)
        {
            throw new SpecException(path + ".idle", $"{cpu.Idle} is out of range (0 to 1)");
        }
        CheckList(cpu.Cpus, path, "cpus");
        CheckList(cpu.Mems, path, "mems");
    }

    private static void CheckList(string? list, string path, string field)
    {
        if (list is not null && !Rule.IsNumberList(list))
        {
            throw new SpecException(Rule.Join(path, field), $"\"{list}\" is not a list such as \"0-3,7\"");
        }
    }

    private static void CheckBlockIO(LinuxBlockIO blockIO, string path)
    {
        CheckWeight(blockIO.Weight, path + ".weight");
        for (int i = 0; i < blockIO.WeightDevice.Count; i++)
        {
            if (blockIO.WeightDevice[i].Weight is not null)
            {
                CheckWeight(blockIO.WeightDevice[i].Weight, $"{path}.weightDevice[{i}].weight");
            }
        }
    }

    // 0 means "not set" to runc.
    private static void CheckWeight(ushort? weight, string field)
    {
        if (weight is not (null or 0 or (>= 10 and <= 1000)))
        {
            throw new SpecException(field, $"{weight} is out of range (10 to 1000)");
        }
    }

    // ^[1-9][0-9]*[KMG]B$
    private static bool IsPageSize(string size) =>
        size.Length >= 3 && size[0] is >= '1' and <= '9' && size.EndsWith('B') && size[^2] is 'K' or 'M' or 'G'
        && !size.AsSpan(0, size.Length - 2).ContainsAnyExceptInRange('0', '9');
}
