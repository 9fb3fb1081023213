using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>What the containers of a pod request together at most, as the scheduler counts it.</summary>
public static class PodRequests
{
    /// <summary>
    /// The sum of the containers and sidecars, or what an init container needs next to the sidecars before it if that is more.
    /// </summary>
    /// <param name="spec">A pod whose defaults are set.</param>
    public static IReadOnlyDictionary<string, Quantity> OfContainers(PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var sum = new Dictionary<string, Quantity>();
        foreach (var container in spec.Containers)
        {
            Add(container.Resources, sum);
        }

        var most = new Dictionary<string, Quantity>();
        var sidecars = new Dictionary<string, Quantity>();
        foreach (var container in spec.InitContainers)
        {
            if (container.RestartPolicy == RestartPolicy.Always)
            {
                Add(container.Resources, sum);
                Add(container.Resources, sidecars);
                Raise(most, sidecars);
            }
            else
            {
                var together = new Dictionary<string, Quantity>(sidecars);
                Add(container.Resources, together);
                Raise(most, together);
            }
        }

        Raise(sum, most);
        return sum;
    }

    private static void Add(ResourceRequirements resources, Dictionary<string, Quantity> sum)
    {
        foreach (var (resource, request) in resources.Requests ?? new Dictionary<string, Quantity>())
        {
            sum[resource] = sum.TryGetValue(resource, out var before) ? before + request : request;
        }
    }

    private static void Raise(Dictionary<string, Quantity> amounts, Dictionary<string, Quantity> least)
    {
        foreach (var (resource, amount) in least)
        {
            if (!amounts.TryGetValue(resource, out var before) || before < amount)
            {
                amounts[resource] = amount;
            }
        }
    }
}
