namespace Peapod.Oci;

/// <summary>The namespaces of a configuration, each made or joined.</summary>
internal readonly struct NamespaceSet(uint listed, uint joined)
{
    /// <summary>The bit of a namespace type; 0 when it is unknown.</summary>
    public static uint Bit(string type) => type switch
    {
        "pid" => 1,
        "network" => 2,
        "mount" => 4,
        "ipc" => 8,
        "uts" => 16,
        "user" => 32,
        "cgroup" => 64,
        "time" => 128,
        _ => 0,
    };

    /// <summary>Whether the type is listed, with a path or without.</summary>
    public bool Has(string type) => (listed & Bit(type)) != 0;

    /// <summary>Whether the type is listed without a path, so that a new one is made.</summary>
    public bool Makes(string type) => (listed & ~joined & Bit(type)) != 0;
}
