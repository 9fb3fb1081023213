namespace Peapod.Pod.Cli.Manifests;

/// <summary>How far a command goes.</summary>
internal enum DryRunKind
{
    /// <summary>It does what it says.</summary>
    None,

    /// <summary>It checks what can be checked without looking at the host.</summary>
    Client,

    /// <summary>It also checks what this host would refuse.</summary>
    Server,
}
