namespace Peapod.Oci;

/// <summary>Rules for the list of namespaces (config-linux.md, Namespaces).</summary>
internal static class NamespaceRules
{
    public static NamespaceSet Check(IReadOnlyList<LinuxNamespace> namespaces)
    {
        uint listed = 0;
        uint joined = 0;
        for (int i = 0; i < namespaces.Count; i++)
        {
            LinuxNamespace space = namespaces[i];
            uint bit = NamespaceSet.Bit(space.Type);
            if (bit == 0)
            {
                throw new SpecException($"linux.namespaces[{i}].type",
                    space.Type.Length == 0 ? "is required" : $"unknown namespace \"{space.Type}\"");
            }
            if ((listed & bit) != 0)
            {
                throw new SpecException($"linux.namespaces[{i}].type", $"the {space.Type} namespace is listed twice");
            }
            listed |= bit;
            if (!string.IsNullOrEmpty(space.Path))
            {
                joined |= bit;
                Rule.AbsolutePath(space.Path, $"linux.namespaces[{i}].path");
            }
        }
        return new NamespaceSet(listed, joined);
    }
}
