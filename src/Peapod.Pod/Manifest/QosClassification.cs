using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Computes the QoS class as Kubernetes does, from cpu and memory.</summary>
public static class QosClassification
{
    private static readonly string[] Resources = ["cpu", "memory"];

    extension(QosClass)
    {
        /// <summary>The class of a pod whose defaults are set (<see cref="ManifestDefaults"/>): by its own resources if it has some, else by those of all its containers.</summary>
        public static QosClass Of(PodManifest pod)
        {
            ArgumentNullException.ThrowIfNull(pod);
            List<ResourceRequirements> all = pod.Spec.Resources is { } own and not { Limits: null, Requests: null }
                ? [own]
                : [.. pod.Spec.Containers.Concat(pod.Spec.InitContainers).Select(static container => container.Resources)];
            if (!all.Exists(static one => Array.Exists(Resources, resource => IsSet(one.Limit(resource)) || IsSet(one.Request(resource)))))
            {
                return QosClass.BestEffort;
            }

            return Array.TrueForAll(Resources, resource => IsGuaranteed(all, resource)) ? QosClass.Guaranteed : QosClass.Burstable;
        }
    }

    /// <summary>Every container has a limit, and together they request what they are limited to.</summary>
    private static bool IsGuaranteed(List<ResourceRequirements> all, string resource)
    {
        var limits = all.ConvertAll(one => one.Limit(resource));
        return limits.TrueForAll(IsSet)
            && limits.Sum(static limit => limit!.Value.Amount) == all.Sum(one => one.Request(resource)?.Amount ?? 0);
    }

    private static bool IsSet(Quantity? quantity) => quantity is { Amount: > 0 };
}
