namespace Peapod.Oci;

/// <summary>Rules for mounts (config.md, Mounts). A relative destination is deprecated but allowed: it is relative to the root.</summary>
internal static class MountRules
{
    public static void Check(IReadOnlyList<Mount> mounts)
    {
        for (int i = 0; i < mounts.Count; i++)
        {
            Mount mount = mounts[i];
            if (mount.Destination.Length == 0)
            {
                throw new SpecException($"mounts[{i}].destination", "is required");
            }
            string? withNul = mount.Destination.Contains('\0') ? "destination"
                : mount.Source?.Contains('\0') == true ? "source"
                : mount.Type?.Contains('\0') == true ? "type"
                : null;
            if (withNul is not null)
            {
                throw new SpecException($"mounts[{i}].{withNul}", "contains a NUL character");
            }
            for (int j = 0; j < mount.Options.Count; j++)
            {
                if (mount.Options[j].Contains('\0'))
                {
                    throw new SpecException($"mounts[{i}].options[{j}]", "contains a NUL character");
                }
            }
            CheckIdMappings(mount, i);
        }
    }

    private static void CheckIdMappings(Mount mount, int index)
    {
        if ((mount.UidMappings.Count == 0) != (mount.GidMappings.Count == 0))
        {
            string given = mount.UidMappings.Count != 0 ? "uidMappings" : "gidMappings";
            string missing = mount.UidMappings.Count != 0 ? "gidMappings" : "uidMappings";
            throw new SpecException($"mounts[{index}].{given}", $"needs {missing} beside it");
        }
        if (mount.UidMappings.Count != 0)
        {
            IdMappingRules.Check(mount.UidMappings, $"mounts[{index}].uidMappings");
            IdMappingRules.Check(mount.GidMappings, $"mounts[{index}].gidMappings");
        }
    }
}
