namespace Peapod.Container.Diagnosis;

/// <summary>What this host offers to containers and pods, and what it lacks. Everything that is made to find out is taken away again.</summary>
public static class HostDiagnosis
{
    /// <param name="stateRoot">Where containers' states are.</param>
    /// <param name="dataRoot">Where images and volumes are.</param>
    public static IReadOnlyList<Finding> Run(string stateRoot, string dataRoot)
    {
        var findings = new Findings();
        KernelProbes.Run(findings, dataRoot);
        CgroupProbes.Run(findings);
        NamespaceProbes.Run(findings);
        SecurityProbes.Run(findings);
        ToolProbes.Run(findings);
        PodProbes.Run(findings);
        ResourceProbes.Run(findings, stateRoot, dataRoot);
        return findings.List;
    }
}
