using Peapod.Pod.Objects;
namespace Peapod.Pod.Manifest;

/// <summary>Computes the QoS class as Kubernetes does, from cpu and memory.</summary>
public static class QosClassification
{
    private static readonly string[] Resources = ["cpu", "memory"];

    extension(QosClass)
    {
        /// <summary>The class of a pod whose defaults are set (<see cref="ManifestDefaults"/>).</summary>
        public static QosClass Of(PodManifest pod)
        {
            ArgumentNullException.ThrowIfNull(pod);
            var containers = pod.Spec.Containers.Select(container => container.Resources).ToList();
            if (!containers.Any(container => Resources.Any(resource => IsSet(container.Limit(resource)) || IsSet(container.Request(resource)))))
            {
                return QosClass.BestEffort;
            }

            return Resources.All(resource => IsGuaranteed(containers, resource)) ? QosClass.Guaranteed : QosClass.Burstable;
        }
    }

    /// <summary>Every container has a limit, and together they request what they are limited to.</summary>
    private static bool IsGuaranteed(List<ResourceRequirements> containers, string resource)
    {
        var limits = containers.Select(container => container.Limit(resource)).ToList();
        return limits.TrueForAll(IsSet)
            && limits.Sum(limit => limit!.Value.Amount) == containers.Sum(container => container.Request(resource)?.Amount ?? 0);
    }

    private static bool IsSet(Quantity? quantity) => quantity is { Amount: > 0 };
}
