namespace Peapod.Container.Diagnosis;

/// <summary>How a finding is.</summary>
public enum FindingStatus
{
    Ok,

    /// <summary>There, and in the way of something.</summary>
    Warning,

    Missing,
}
