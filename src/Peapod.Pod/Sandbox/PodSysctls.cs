using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// securityContext.sysctls: which kernel parameters a pod may set, as the kubelet has it. Safe ones belong to the pod's namespaces and
/// cannot hurt others; unsafe ones belong to them too, and the host's administrator allows them by name; all others are the host's.
/// </summary>
internal static class PodSysctls
{
    private static readonly string[] Safe =
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    ];

    /// <summary>By name and value, for the sandbox's configuration.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="allowed">Names of unsafe ones, or the beginnings of names with a * behind them.</param>
    /// <exception cref="PodException">One that the pod may not set, in the kubelet's words.</exception>
    internal static IReadOnlyDictionary<string, string> Of(PodManifest pod, IReadOnlyList<string> allowed)
    {
        var sysctls = pod.Spec.SecurityContext?.Sysctls ?? [];
        if (sysctls.Count == 0)
        {
            return Oci.Json.JsonMap<string>.Empty;
        }

        var values = new Dictionary<string, string>(sysctls.Count);
        foreach (var sysctl in sysctls)
        {
            var (name, value) = (Normalize(sysctl.Name), sysctl.Value);
            Check(name, pod.Spec, allowed);
            CheckValue(name, value);
            values[name] = value;
        }

        return values;
    }

    private static void Check(string name, PodSpec spec, IReadOnlyList<string> allowed)
    {
        var space = NamespaceOf(name);
        if (space is null || (Array.IndexOf(Safe, name) < 0 && !IsAllowed(name, allowed)))
        {
            var hint = space is null ? "\n  it is a parameter of the host, not of a pod's namespaces" : $"\n  allow it with --allow-unsafe-sysctl {name}";
            throw new PodException($"forbidden sysctl: \"{name}\" not allowlisted{hint}");
        }

        if (space == "Net" ? spec.HostNetwork : spec.HostIPC)
        {
            throw new PodException($"forbidden sysctl: \"{name}\" not allowed with host {space} enabled");
        }
    }

    /// <summary>Numbers and words with spaces or tabs between. What has separated the parameters of other tools (a plus, a line's end) has no place in any (CVE-2022-0811).</summary>
    private static void CheckValue(string name, string value)
    {
        foreach (var character in value)
        {
            if (character is '+' || (char.IsControl(character) && character != '\t'))
            {
                throw new PodException($"securityContext.sysctls: \"{name}\": the value may not have {(character == '+' ? "a '+'" : "control characters")}");
            }
        }

        if (value.Length == 0)
        {
            throw new PodException($"securityContext.sysctls: \"{name}\": the value is empty");
        }
    }

    /// <summary>IPC or Net, the namespaces that a pod has of its own; null for a parameter of the host's.</summary>
    internal static string? NamespaceOf(string name) =>
        name.StartsWith("net.", StringComparison.Ordinal) ? "Net"
        : name == "kernel.sem" || name.StartsWith("kernel.shm", StringComparison.Ordinal) || name.StartsWith("kernel.msg", StringComparison.Ordinal)
            || name.StartsWith("fs.mqueue.", StringComparison.Ordinal) ? "IPC"
        : null;

    private static bool IsAllowed(string name, IReadOnlyList<string> allowed)
    {
        foreach (var pattern in allowed)
        {
            if (pattern.EndsWith('*') ? name.StartsWith(Normalize(pattern[..^1]), StringComparison.Ordinal) : Normalize(pattern) == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>With dots between; sysctl(8) takes slashes too, and then the dots are part of names.</summary>
    internal static string Normalize(string name)
    {
        var separator = name.AsSpan().IndexOfAny('.', '/');
        return separator < 0 || name[separator] == '.' ? name : string.Create(name.Length, name, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = from[i] switch { '/' => '.', '.' => '/', var other => other };
            }
        });
    }
}
