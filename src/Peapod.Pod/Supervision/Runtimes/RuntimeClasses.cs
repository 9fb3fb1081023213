using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;
using Peapod.Shim.Runtimes;

namespace Peapod.Pod.Supervision.Runtimes;

/// <summary>What runtimeClassName means for a pod that is to be made, as the RuntimeClass admission plugin and the kubelet have it.</summary>
internal static class RuntimeClasses
{
    /// <param name="host">Whose objects and runtimes.</param>
    /// <param name="pod">The pod.</param>
    /// <returns>The pod with its class's overhead, and the runtime that makes its containers; null for our own.</returns>
    /// <exception cref="PodException">There is no such class, or no such runtime.</exception>
    internal static (PodManifest Pod, RuntimeHandler? Handler) Resolve(PodHost host, PodManifest pod)
    {
        if (pod.Spec.RuntimeClassName is not { Length: > 0 } name)
        {
            return (pod, null);
        }

        var runtimeClass = new ObjectStore(host).TryReadRuntimeClass(name) ?? throw Rejected(pod, $"RuntimeClass \"{name}\" not found");
        if (runtimeClass.Overhead?.PodFixed is { Count: > 0 } overhead)
        {
            if (pod.Spec.Overhead is { Count: > 0 } own && !IsSame(own, overhead))
            {
                throw Rejected(pod, "Pod's Overhead doesn't match RuntimeClass's defined Overhead");
            }

            pod = pod with { Spec = pod.Spec with { Overhead = overhead } };
        }

        var handler = RuntimesFile.Find(host.RuntimesFile, runtimeClass.Handler);
        return handler is not null && pod.Spec.HostUsers == false
            ? throw new PodException($"spec.runtimeClassName: \"{name}\": with another runtime a pod cannot have users of its own (hostUsers: false): its root file system is mounted where only the host's root gets to")
            : (pod, handler);
    }

    private static PodException Rejected(PodManifest pod, string why) => new($"pods \"{pod.Metadata.Name}\" is forbidden: pod rejected: {why}");

    private static bool IsSame(IReadOnlyDictionary<string, Quantity> one, IReadOnlyDictionary<string, Quantity> other)
    {
        foreach (var (resource, amount) in one)
        {
            if (!other.TryGetValue(resource, out var found) || found.Amount != amount.Amount)
            {
                return false;
            }
        }

        return one.Count == other.Count;
    }
}
