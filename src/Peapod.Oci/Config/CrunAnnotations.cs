namespace Peapod.Oci;

/// <summary>The annotations by which crun is told what config.json has no field for (crun(1), "Extensions to OCI").</summary>
public static class CrunAnnotations
{
    /// <summary>The process keeps the caller's supplementary groups.</summary>
    public const string KeepOriginalGroups = "run.oci.keep_original_groups";

    /// <summary>The file that the hooks' standard output is appended to.</summary>
    public const string HooksOutput = "run.oci.hooks.stdout";

    /// <summary>The file that the hooks' standard error is appended to.</summary>
    public const string HooksError = "run.oci.hooks.stderr";

    /// <summary>A system call that libseccomp does not know is an error.</summary>
    public const string FailUnknownSyscall = "run.oci.seccomp_fail_unknown_syscall";

    /// <summary>A filter as seccomp(2) takes it, in base64, in place of linux.seccomp.</summary>
    public const string SeccompBpfData = "run.oci.seccomp_bpf_data";

    /// <summary>linux.seccomp.listenerPath by another name.</summary>
    public const string SeccompReceiver = "run.oci.seccomp.receiver";

    /// <summary>linux.timeOffsets by another name: "CLOCK SECONDS NANOSECONDS", a line each.</summary>
    public const string TimeOffsets = "run.oci.timens_offset";

    /// <summary>Which of mount(8)'s options linux.mountLabel is given by.</summary>
    public const string MountContextType = "run.oci.mount_context_type";

    /// <summary>The unix socket that receives a pidfd of the process.</summary>
    public const string PidfdReceiver = "run.oci.pidfd_receiver";

    /// <summary>The cgroup below systemd's scope that the process is in.</summary>
    public const string SystemdSubgroup = "run.oci.systemd.subgroup";

    /// <summary>The cgroup below the container's own that its process is moved into, to divide it as it likes.</summary>
    public const string DelegateCgroup = "run.oci.delegate-cgroup";

    /// <summary>The value, or null where there is none.</summary>
    public static string? Find(IReadOnlyDictionary<string, string> annotations, string name) =>
        annotations.Count > 0 && annotations.TryGetValue(name, out var value) ? value : null;

    /// <summary>An annotation that is on or off: there, and not "0".</summary>
    public static bool IsOn(Spec spec, string name) => Find(spec.Annotations, name) is not (null or "0");

    /// <summary>What errors call it.</summary>
    public static string FieldOf(string name) => $"annotations[\"{name}\"]";

    /// <summary>The option that linux.mountLabel is given by: "context", unless an annotation names another.</summary>
    public static string ContextType(Spec spec) => Find(spec.Annotations, MountContextType) ?? "context";

    /// <summary>A path below a cgroup, without the slashes around it; empty for none.</summary>
    public static string CgroupBelow(Spec spec, string name) => Find(spec.Annotations, name)?.Trim('/') ?? "";

    /// <exception cref="SpecException">A line is no offset.</exception>
    public static IReadOnlyDictionary<string, LinuxTimeOffset> ParseTimeOffsets(string text)
    {
        var offsets = new Dictionary<string, LinuxTimeOffset>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var clock = line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var first, var secs, var nanosecs]
                && long.TryParse(secs, out var seconds) && uint.TryParse(nanosecs, out var nanoseconds) && nanoseconds < 1_000_000_000
                && ClockOf(first) is { } name && offsets.TryAdd(name, new() { Secs = seconds, Nanosecs = nanoseconds });
            if (!clock)
            {
                throw new SpecException(FieldOf(TimeOffsets), $"\"{line}\" is not of the form CLOCK SECONDS NANOSECONDS, with monotonic or boottime as the clock");
            }
        }

        return offsets;
    }

    /// <summary>The kernel takes a clock by its number, too. time_namespaces(7).</summary>
    private static string? ClockOf(string text) => text switch
    {
        "monotonic" or "1" => "monotonic",
        "boottime" or "7" => "boottime",
        _ => null,
    };
}
