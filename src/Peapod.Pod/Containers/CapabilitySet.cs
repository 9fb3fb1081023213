using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Containers;

/// <summary>securityContext.capabilities: what is added to and dropped from the default set, in the order that containerd has: ALL first, then what is added, then what is dropped.</summary>
internal static class CapabilitySet
{
    /// <summary>What Docker and the kubelet give a container that asks for nothing.</summary>
    private static readonly string[] Default =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    /// <summary>The names, in the order of their numbers.</summary>
    internal static List<string> Of(SecurityContext? context)
    {
        var add = Bits(context?.Capabilities?.Add, out var addAll);
        var drop = Bits(context?.Capabilities?.Drop, out var dropAll);
        var set = context?.Privileged == true || addAll ? ulong.MaxValue : Bits(Default, out _);
        if (dropAll)
        {
            set = 0;
        }

        set = (set | add) & ~drop;
        var names = new List<string>();
        for (var number = 0; number <= Oci.Capabilities.Last; number++)
        {
            if ((set >> number & 1) != 0)
            {
                names.Add(Oci.Capabilities.Name(number)!);
            }
        }

        return names;
    }

    private static ulong Bits(IReadOnlyList<string>? list, out bool all)
    {
        var bits = 0UL;
        all = false;
        for (var i = 0; i < (list?.Count ?? 0); i++)
        {
            var name = CapabilityNames.Normalize(list![i]);
            all |= name == CapabilityNames.All;
            if (Oci.Capabilities.Number($"CAP_{name}") is >= 0 and var number)
            {
                bits |= 1UL << number;
            }
        }

        return bits;
    }
}
