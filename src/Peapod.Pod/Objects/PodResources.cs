namespace Peapod.Pod.Objects;

/// <summary>
/// What a pod as a whole requests and is limited to, as Kubernetes counts it: the sum of the containers and sidecars, or what the most
/// demanding init container needs beside the sidecars before it, if that is more; the pod's own resources in their place where it has
/// them; and its overhead.
/// </summary>
internal static class PodResources
{
    internal const string HugePages = "hugepages-";

    private static readonly Dictionary<string, Quantity> Nothing = [];

    internal static Dictionary<string, Quantity> Requests(PodManifest pod)
    {
        var sum = Sum(pod.Spec, static resources => resources.Requests, everyContainer: false);
        foreach (var (resource, limit) in pod.Spec.Resources?.Limits ?? Nothing)
        {
            sum.TryAdd(resource, limit);
        }

        Override(sum, pod.Spec.Resources?.Requests);
        foreach (var (resource, amount) in pod.Spec.Overhead ?? Nothing)
        {
            sum[resource] = sum.TryGetValue(resource, out var before) ? before + amount : amount;
        }

        return sum;
    }

    /// <summary>Resources that are not limited in every container are not limited in the pod.</summary>
    internal static Dictionary<string, Quantity> Limits(PodManifest pod)
    {
        var sum = Sum(pod.Spec, static resources => resources.Limits, everyContainer: true);
        Override(sum, pod.Spec.Resources?.Limits);
        foreach (var (resource, amount) in pod.Spec.Overhead ?? Nothing)
        {
            if (sum.TryGetValue(resource, out var before) && before.Amount > 0)
            {
                sum[resource] = before + amount;
            }
        }

        return sum;
    }

    private static Dictionary<string, Quantity> Sum(PodSpec spec, Func<ResourceRequirements, IReadOnlyDictionary<string, Quantity>?> choose, bool everyContainer)
    {
        var running = new Dictionary<string, Quantity>();
        var missing = new HashSet<string>();
        var peak = new Dictionary<string, Quantity>();
        var names = new HashSet<string>();
        foreach (var containers in (ReadOnlySpan<IReadOnlyList<ContainerSpec>>)[spec.InitContainers, spec.Containers])
        {
            foreach (var one in containers)
            {
                names.UnionWith((choose(one.Resources) ?? Nothing).Keys);
            }
        }

        foreach (var init in spec.InitContainers)
        {
            var own = choose(init.Resources) ?? Nothing;
            Note(missing, names, own);
            foreach (var (resource, amount) in own)
            {
                var needed = amount + (running.TryGetValue(resource, out var before) ? before : default);
                if (!peak.TryGetValue(resource, out var highest) || needed > highest)
                {
                    peak[resource] = needed;
                }
            }

            if (init.RestartPolicy == RestartPolicy.Always)
            {
                Add(running, own);
            }
        }

        foreach (var container in spec.Containers)
        {
            var own = choose(container.Resources) ?? Nothing;
            Note(missing, names, own);
            Add(running, own);
        }

        foreach (var (resource, amount) in peak)
        {
            if (!running.TryGetValue(resource, out var sum) || amount > sum)
            {
                running[resource] = amount;
            }
        }

        if (everyContainer)
        {
            foreach (var resource in missing)
            {
                running.Remove(resource);
            }
        }

        return running;
    }

    /// <summary>Huge pages are counted one by one: who asks for none may have none.</summary>
    private static void Note(HashSet<string> missing, HashSet<string> names, IReadOnlyDictionary<string, Quantity> own)
    {
        foreach (var resource in names)
        {
            if (!resource.StartsWith(HugePages, StringComparison.Ordinal) && (!own.TryGetValue(resource, out var amount) || amount.Amount == 0))
            {
                missing.Add(resource);
            }
        }
    }

    private static void Add(Dictionary<string, Quantity> sum, IReadOnlyDictionary<string, Quantity> amounts)
    {
        foreach (var (resource, amount) in amounts)
        {
            sum[resource] = sum.TryGetValue(resource, out var before) ? before + amount : amount;
        }
    }

    private static void Override(Dictionary<string, Quantity> sum, IReadOnlyDictionary<string, Quantity>? amounts)
    {
        foreach (var (resource, amount) in amounts ?? Nothing)
        {
            sum[resource] = amount;
        }
    }
}
