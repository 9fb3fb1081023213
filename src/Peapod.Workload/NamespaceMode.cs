namespace Peapod.Workload;

/// <summary>With whom a container shares a namespace; NamespaceMode of the CRI.</summary>
public enum NamespaceMode
{
    /// <summary>With all containers of its pod.</summary>
    Pod,

    /// <summary>With nobody.</summary>
    Container,

    /// <summary>With the host.</summary>
    Node,

    /// <summary>With one process of the host's, of another container mostly.</summary>
    Target,
}
