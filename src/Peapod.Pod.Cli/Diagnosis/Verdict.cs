namespace Peapod.Pod.Cli.Diagnosis;

/// <summary>Why a pod is not ready.</summary>
/// <param name="Sentence">What is wrong, behind "is not Ready: ".</param>
/// <param name="Remedy">What its user can do; null when it only takes time.</param>
/// <param name="Field">The field of the manifest that it is about, such as <c>spec.containers[0]</c>.</param>
internal sealed record Verdict(string Sentence, string? Remedy, string Field = "spec")
{
    /// <summary>The container whose last words may tell more; null for none.</summary>
    internal string? Container { get; init; }
}
