using System.Text.Json.Nodes;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>What a new manifest means for a pod that is there. Of a pod can change: labels, annotations, processor and memory of containers, and ephemeral containers that are added.</summary>
/// <param name="Next">The manifest that the pod would have.</param>
/// <param name="IsChange">It differs.</param>
/// <param name="Refused">The fields that cannot change and would.</param>
internal sealed record PodUpdate(PodManifest Next, bool IsChange, IReadOnlyList<string> Refused)
{
    private static readonly string[] Resizable = ["cpu", "memory"];

    internal static PodUpdate Of(PodManifest live, PodManifest wanted)
    {
        // What its maker set, and what was added to it since, is not the file's to take away.
        var next = wanted with
        {
            Metadata = wanted.Metadata with { Uid = live.Metadata.Uid, CreationTimestamp = live.Metadata.CreationTimestamp, DeletionTimestamp = live.Metadata.DeletionTimestamp },
            Spec = wanted.Spec with { EphemeralContainers = wanted.Spec.EphemeralContainers.Count > 0 ? wanted.Spec.EphemeralContainers : live.Spec.EphemeralContainers },
        };
        var refused = new List<string>();
        Compare(ManifestWriter.ToJsonNode(Fixed(live)), ManifestWriter.ToJsonNode(Fixed(next)), "", refused);
        RefuseResources(live.Spec, next.Spec, refused);
        RefuseEphemeral(live.Spec, next.Spec, refused);
        return new PodUpdate(next, ManifestWriter.ToJson(live) != ManifestWriter.ToJson(next), refused);
    }

    /// <summary>In the API server's words.</summary>
    internal PodException Refusal() => new($"""
        The Pod "{Next.Metadata.Name}" is invalid: spec: Forbidden: pod updates may not change fields other than `metadata.labels`,`metadata.annotations`,`spec.containers[*].resources`,`spec.ephemeralContainers` (only additions)
          would change: {string.Join(", ", Refused)}
          --force replaces the pod by a new one of the same name
        """);

    /// <summary>The same without what may change.</summary>
    private static PodManifest Fixed(PodManifest pod) => pod with
    {
        Metadata = new ObjectMeta { Name = pod.Metadata.Name, Namespace = pod.Metadata.Namespace },
        Spec = pod.Spec with
        {
            EphemeralContainers = [],
            Containers = [.. pod.Spec.Containers.Select(static container => container with { Resources = new() })],
            InitContainers = [.. pod.Spec.InitContainers.Select(static container => container.RestartPolicy == RestartPolicy.Always ? container with { Resources = new() } : container)],
        },
    };

    /// <summary>As for a resize: only processor and memory, and not into another QoS class.</summary>
    private static void RefuseResources(PodSpec live, PodSpec next, List<string> refused)
    {
        for (var i = 0; i < Math.Min(live.Containers.Count, next.Containers.Count); i++)
        {
            var path = $"spec.containers[{i}].resources";
            RefuseAmounts(live.Containers[i].Resources.Limits, next.Containers[i].Resources.Limits, $"{path}.limits", refused);
            RefuseAmounts(live.Containers[i].Resources.Requests, next.Containers[i].Resources.Requests, $"{path}.requests", refused);
        }

        if (refused.Count == 0 && QosClass.Of(new PodManifest { Spec = live }) != QosClass.Of(new PodManifest { Spec = next }))
        {
            refused.Add("status.qosClass (Pod QOS Class may not change as a result of resizing)");
        }
    }

    private static void RefuseAmounts(IReadOnlyDictionary<string, Quantity>? live, IReadOnlyDictionary<string, Quantity>? next, string path, List<string> refused)
    {
        foreach (var key in (live?.Keys ?? []).Union(next?.Keys ?? []))
        {
            var before = live is not null && live.TryGetValue(key, out var a) ? a.Amount : (decimal?)null;
            var after = next is not null && next.TryGetValue(key, out var b) ? b.Amount : (decimal?)null;
            if (before != after && !Resizable.AsSpan().Contains(key))
            {
                refused.Add($"{path}.{key}");
            }
        }
    }

    private static void RefuseEphemeral(PodSpec live, PodSpec next, List<string> refused)
    {
        foreach (var container in live.EphemeralContainers)
        {
            var kept = next.EphemeralContainers.FirstOrDefault(other => other.Name == container.Name);
            if (kept is null || !kept.ToJson().AsSpan().SequenceEqual(container.ToJson()))
            {
                refused.Add($"spec.ephemeralContainers[{container.Name}]");
            }
        }
    }

    private static void Compare(JsonNode? live, JsonNode? next, string path, List<string> refused)
    {
        if (live is JsonObject a && next is JsonObject b)
        {
            foreach (var name in a.Select(static pair => pair.Key).Union(b.Select(static pair => pair.Key)))
            {
                Compare(a[name], b[name], path.Length == 0 ? name : $"{path}.{name}", refused);
            }
        }
        else if (live is JsonArray one && next is JsonArray other && one.Count == other.Count)
        {
            for (var i = 0; i < one.Count; i++)
            {
                Compare(one[i], other[i], $"{path}[{i}]", refused);
            }
        }
        else if (!JsonNode.DeepEquals(live, next))
        {
            refused.Add(path);
        }
    }
}
