using System.Globalization;
using Peapod.Container.Plans;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Configuration;

/// <summary>What a configuration leaves to be deduced, and crun's annotations that stand for fields of it.</summary>
public static class SpecCompletion
{
    /// <summary>The configuration with all of that written out.</summary>
    /// <exception cref="SpecException">An annotation that cannot be read.</exception>
    public static Spec Complete(Spec spec)
    {
        if (spec.Linux is not { } linux)
        {
            return spec;
        }

        var completed = linux;
        if ((linux.UidMappings.Count == 0 || linux.GidMappings.Count == 0) && NamespacePlan.Has(spec, Libc.CLONE_NEWUSER, newOnly: true))
        {
            completed = linux with
            {
                UidMappings = linux.UidMappings.Count > 0 ? linux.UidMappings : Deduce("/etc/subuid"),
                GidMappings = linux.GidMappings.Count > 0 ? linux.GidMappings : Deduce("/etc/subgid"),
            };
        }

        if (CrunAnnotations.Find(spec.Annotations, CrunAnnotations.TimeOffsets) is { } offsets && linux.TimeOffsets.Count == 0)
        {
            completed = completed with { TimeOffsets = CrunAnnotations.ParseTimeOffsets(offsets) };
        }

        if (CrunAnnotations.Find(spec.Annotations, CrunAnnotations.SeccompReceiver) is { } receiver && linux.Seccomp is { ListenerPath: null or "" } seccomp)
        {
            completed = completed with { Seccomp = seccomp with { ListenerPath = receiver } };
        }

        return ReferenceEquals(completed, linux) ? spec : spec with { Linux = completed };
    }

    /// <summary>As crun has it: root is the caller, and the ids from 1 on are those that the caller may hand out, where there are any. subuid(5).</summary>
    private static IReadOnlyList<LinuxIdMapping> Deduce(string file)
    {
        var root = new LinuxIdMapping { ContainerID = 0, HostID = 0, Size = 1 };
        foreach (var line in (FileSystem.TryReadText(file) ?? "").Split('\n'))
        {
            if (line.Split(':') is ["root" or "0", var start, var count]
                && uint.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && uint.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0)
            {
                return [root, new() { ContainerID = 1, HostID = first, Size = size }];
            }
        }

        return [root];
    }
}
