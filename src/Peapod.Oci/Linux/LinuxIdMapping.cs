using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A range of user or group ids (config-linux.md, User namespace mappings; user_namespaces(7)).</summary>
[JsonRecord]
public sealed partial record LinuxIdMapping
{
    /// <summary>The first id in the container.</summary>
    public uint ContainerID { get; init; }

    /// <summary>The first id on the host.</summary>
    public uint HostID { get; init; }

    /// <summary>How many ids.</summary>
    public uint Size { get; init; }

    /// <summary>Whom an id of the container is on the host; null for one without a mapping.</summary>
    public static uint? FindHost(IReadOnlyList<LinuxIdMapping> mappings, uint id)
    {
        for (var i = 0; i < mappings.Count; i++)
        {
            if (id >= mappings[i].ContainerID && id - mappings[i].ContainerID < mappings[i].Size)
            {
                return mappings[i].HostID + (id - mappings[i].ContainerID);
            }
        }

        return null;
    }
}
