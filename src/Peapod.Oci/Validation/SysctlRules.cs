namespace Peapod.Oci;

/// <summary>Only kernel parameters that belong to a namespace of the container may be set, as runc has it.</summary>
internal static class SysctlRules
{
    public static void Check(IReadOnlyDictionary<string, string> parameters, NamespaceSet namespaces)
    {
        foreach (KeyValuePair<string, string> parameter in parameters)
        {
            string? fault = parameter.Value.Contains('\0') ? "contains a NUL character" : Fault(parameter.Key, namespaces);
            if (fault is not null)
            {
                throw new SpecException($"linux.sysctl[\"{parameter.Key}\"]", fault);
            }
        }
    }

    private static string? Fault(string key, NamespaceSet namespaces)
    {
        string? path = key.Contains('\0') ? null : Sysctl.Path(key);
        if (path is null)
        {
            return "is not the name of a kernel parameter";
        }
        if (path is "kernel/hostname" && namespaces.Has("uts"))
        {
            return "is set with the field hostname";
        }
        string? needed = path switch
        {
            "kernel/msgmax" or "kernel/msgmnb" or "kernel/msgmni" or "kernel/sem" or
            "kernel/shmall" or "kernel/shmmax" or "kernel/shmmni" or "kernel/shm_rmid_forced" => "ipc",
            "kernel/domainname" => "uts",
            _ when path.StartsWith("fs/mqueue/", StringComparison.Ordinal) => "ipc",
            _ when path.StartsWith("net/", StringComparison.Ordinal) => "network",
            _ => null,
        };
        return needed is null ? "does not belong to a namespace: it would change the host"
            : !namespaces.Has(needed) ? $"needs {(needed == "ipc" ? "an" : "a")} {needed} namespace in linux.namespaces"
            : null;
    }
}
