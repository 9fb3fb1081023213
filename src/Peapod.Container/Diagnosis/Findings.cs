using Peapod.Kernel;

namespace Peapod.Container.Diagnosis;

/// <summary>Collects findings. What is probed is done, not looked up by a version number.</summary>
internal sealed class Findings
{
    private readonly List<Finding> list = [];

    internal IReadOnlyList<Finding> List => list;

    internal void Ok(string area, string what, string detail = "") => list.Add(new(area, what, FindingStatus.Ok, detail));

    internal void Warn(string area, string what, string detail, string consequence, string remedy) =>
        list.Add(new(area, what, FindingStatus.Warning, detail) { Consequence = consequence, Remedy = remedy });

    internal void Missing(string area, string what, string detail, string consequence, string remedy, bool needed = false) =>
        list.Add(new(area, what, FindingStatus.Missing, detail) { Consequence = consequence, Remedy = remedy, Needed = needed });

    /// <summary>Does something, and takes what it throws for the reason that it cannot be had.</summary>
    /// <param name="area">What it belongs to.</param>
    /// <param name="what">Its name.</param>
    /// <param name="probe">Returns the detail of a success.</param>
    /// <param name="consequence">What follows when it is missing.</param>
    /// <param name="remedy">What to do then.</param>
    /// <param name="needed">Whether containers cannot run without it.</param>
    /// <returns>Whether it is there.</returns>
    internal bool Probe(string area, string what, Func<string> probe, string consequence, string remedy, bool needed = false)
    {
        try
        {
            list.Add(new(area, what, FindingStatus.Ok, probe()) { Needed = needed });
            return true;
        }
        catch (Exception e) when (e is KernelException or ContainerException)
        {
            Missing(area, what, e.Message, consequence, remedy, needed);
            return false;
        }
    }
}
