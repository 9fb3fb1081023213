using System.Collections;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>What a later version does. To leave out a confinement that was asked for would be worse than to refuse.</summary>
internal static class UnsupportedFields
{
    internal static void Refuse(Spec spec)
    {
        Refuse(spec.Process);
        Refuse(spec.Linux?.IntelRdt, "linux.intelRdt");
        Refuse(spec.Linux?.MemoryPolicy, "linux.memoryPolicy");
        Refuse(spec.Linux?.NetDevices, "linux.netDevices");
        Refuse(spec.Linux?.TimeOffsets, "linux.timeOffsets");
        Refuse(spec.Linux?.MountLabel, "linux.mountLabel");
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            Refuse(spec.Mounts[i].UidMappings, $"mounts[{i}].uidMappings");
            Refuse(spec.Mounts[i].GidMappings, $"mounts[{i}].gidMappings");
        }
    }

    internal static void Refuse(Process? process)
    {
        Refuse(process?.ApparmorProfile, "process.apparmorProfile");
        Refuse(process?.SelinuxLabel, "process.selinuxLabel");
        Refuse(process?.ExecCPUAffinity, "process.execCPUAffinity");
    }

    private static void Refuse(object? value, string field)
    {
        var isSet = value switch
        {
            null or "" => false,
            IEnumerable items and not string => items.GetEnumerator().MoveNext(),
            _ => true,
        };
        if (isSet)
        {
            throw new SpecException(field, "is not supported by this version of Peapod");
        }
    }
}
