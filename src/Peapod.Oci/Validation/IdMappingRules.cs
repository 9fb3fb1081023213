namespace Peapod.Oci;

/// <summary>Rules for ranges of ids (user_namespaces(7)).</summary>
internal static class IdMappingRules
{
    public static void Check(IReadOnlyList<LinuxIdMapping> mappings, string path)
    {
        for (int i = 0; i < mappings.Count; i++)
        {
            LinuxIdMapping mapping = mappings[i];
            if (mapping.Size == 0)
            {
                throw new SpecException($"{path}[{i}].size", "must be more than 0");
            }
            if (Math.Max(mapping.ContainerID, mapping.HostID) + (ulong)mapping.Size > 1UL << 32)
            {
                throw new SpecException($"{path}[{i}].size", "the range goes beyond the last id, 4294967295");
            }
        }
    }
}
