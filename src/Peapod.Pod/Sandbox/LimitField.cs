using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>Which field of a manifest a limit of the runtime-spec comes from, for what the host cannot enforce.</summary>
internal static class LimitField
{
    private const string Prefix = "linux.resources";
    private const string NoController = " controller is not available: ";

    internal static bool Is(string field) => field.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Of a pod's cgroup, whose limits are the pod's own or the sum of its containers'.</summary>
    internal static string Of(PodSpec spec, string field)
    {
        if (TryFind(spec.Resources, "spec.resources", field, out var found))
        {
            return found;
        }

        foreach (var (list, containers) in ((string, IReadOnlyList<ContainerSpec>)[])[("containers", spec.Containers), ("initContainers", spec.InitContainers)])
        {
            for (var i = 0; i < containers.Count; i++)
            {
                if (TryFind(containers[i].Resources, $"spec.{list}[{i}].resources", field, out found))
                {
                    return found;
                }
            }
        }

        return field.Replace(Prefix, "spec.resources", StringComparison.Ordinal);
    }

    /// <summary>Of a container's cgroup.</summary>
    internal static string Of(PodSpec spec, ContainerSpec container, string field)
    {
        var (list, index) = ("containers", IndexOf(spec.Containers, container.Name));
        if (index < 0)
        {
            (list, index) = ("initContainers", IndexOf(spec.InitContainers, container.Name));
        }

        var path = $"spec.{list}[{index}].resources";
        return index >= 0 && TryFind(container.Resources, path, field, out var found) ? found : $"container \"{container.Name}\": resources";
    }

    /// <summary>The message with where to read more, if the host is to blame.</summary>
    internal static string Explain(string message) => message.Contains(NoController, StringComparison.Ordinal) ? message + "\n  see \"peapod doctor\"" : message;

    private static bool TryFind(ResourceRequirements? resources, string path, string field, out string found)
    {
        var name = field[Math.Min(field.Length, Prefix.Length + 1)..];
        foreach (var resource in resources?.Limits?.Keys ?? [])
        {
            if (name.StartsWith(resource.StartsWith("hugepages-", StringComparison.Ordinal) ? "hugepageLimits" : $"{resource}.", StringComparison.Ordinal))
            {
                found = $"{path}.limits.{resource}";
                return true;
            }
        }

        found = "";
        return false;
    }

    private static int IndexOf(IReadOnlyList<ContainerSpec> containers, string name)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            if (containers[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }
}
