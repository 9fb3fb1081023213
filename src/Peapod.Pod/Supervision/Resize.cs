using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision;

/// <summary>What a change of a container's resources asks for.</summary>
internal static class Resize
{
    private static readonly string[] Resources = ["cpu", "memory"];

    internal static bool IsSame(ResourceRequirements before, ResourceRequirements after) =>
        Array.TrueForAll(Resources, resource => IsSame(resource, before, after));

    /// <summary>Whether a resource changes whose resizePolicy is RestartContainer.</summary>
    internal static bool NeedsRestart(ResourceRequirements before, ContainerSpec after)
    {
        foreach (var policy in after.ResizePolicy)
        {
            if (policy.RestartPolicy == "RestartContainer" && !IsSame(policy.ResourceName, before, after.Resources))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSame(string resource, ResourceRequirements before, ResourceRequirements after) =>
        before.Limit(resource)?.Amount == after.Limit(resource)?.Amount && before.Request(resource)?.Amount == after.Request(resource)?.Amount;
}
