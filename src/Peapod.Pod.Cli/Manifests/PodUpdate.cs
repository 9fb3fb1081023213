using System.Text.Json.Nodes;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>
/// What a new manifest means for a pod that is there. Of a pod can change: labels, annotations, images, processor and memory of containers, a deadline that
/// comes closer, tolerations and ephemeral containers that are added.
/// </summary>
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
            Spec = wanted.Spec with
            {
                EphemeralContainers = wanted.Spec.EphemeralContainers.Count > 0 ? wanted.Spec.EphemeralContainers : live.Spec.EphemeralContainers,
                Containers = KeepPullPolicies(live.Spec.Containers, wanted.Spec.Containers),
                InitContainers = KeepPullPolicies(live.Spec.InitContainers, wanted.Spec.InitContainers),
            },
        };
        var refused = new List<string>();
        Compare(ManifestWriter.ToJsonNode(Fixed(live)), ManifestWriter.ToJsonNode(Fixed(next)), "", refused);
        RefuseResources(live.Spec, next.Spec, refused);
        RefuseEphemeral(live.Spec, next.Spec, refused);
        RefuseDeadline(live.Spec.ActiveDeadlineSeconds, next.Spec.ActiveDeadlineSeconds, refused);
        RefuseTolerations(live.Spec.Tolerations, next.Spec.Tolerations, refused);
        return new PodUpdate(next, ManifestWriter.ToJson(live) != ManifestWriter.ToJson(next), refused);
    }

    /// <summary>The fields by which two manifests differ.</summary>
    internal static IReadOnlyList<string> Differences(PodManifest live, PodManifest next)
    {
        var fields = new List<string>();
        Compare(ManifestWriter.ToJsonNode(live), ManifestWriter.ToJsonNode(next), "", fields);
        return fields;
    }

    /// <summary>In the API server's words.</summary>
    internal PodException Refusal() => new($"""
        The Pod "{Next.Metadata.Name}" is invalid: spec: Forbidden: pod updates may not change fields other than `metadata.labels`,`metadata.annotations`,`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.containers[*].resources`,`spec.ephemeralContainers` (only additions)
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
            ActiveDeadlineSeconds = null,
            Tolerations = null,
            Containers = [.. pod.Spec.Containers.Select(static container => container with { Image = "", Resources = new() })],
            InitContainers = [.. pod.Spec.InitContainers.Select(static container => container with { Image = "", Resources = container.RestartPolicy == RestartPolicy.Always ? new() : container.Resources })],
        },
    };

    /// <summary>The containers of <paramref name="next"/> with an image that none of <paramref name="live"/> has.</summary>
    internal static IEnumerable<ContainerSpec> WithNewImages(PodSpec live, PodSpec next)
    {
        var known = live.InitContainers.Concat(live.Containers).Select(static container => container.Image).ToHashSet();
        return next.InitContainers.Concat(next.Containers).Where(container => known.Add(container.Image));
    }

    /// <summary>Where the manifest leaves it open when an image is brought in, another tag is no change of that.</summary>
    private static List<ContainerSpec> KeepPullPolicies(IReadOnlyList<ContainerSpec> live, IReadOnlyList<ContainerSpec> wanted)
    {
        var kept = new List<ContainerSpec>();
        foreach (var container in wanted)
        {
            var before = live.FirstOrDefault(other => other.Name == container.Name);
            kept.Add(before is not null && before.Image != container.Image && container.ImagePullPolicy == ManifestDefaults.PullPolicy(container.Image)
                ? container with { ImagePullPolicy = before.ImagePullPolicy }
                : container);
        }

        return kept;
    }

    /// <summary>It may be set, and come closer.</summary>
    private static void RefuseDeadline(long? live, long? next, List<string> refused)
    {
        if (live is not null && !(next <= live))
        {
            refused.Add($"spec.activeDeadlineSeconds ({(next is null ? "must not update from a positive integer to nil value" : "must be less than or equal to previous value")})");
        }
    }

    /// <summary>More may come, and of each the seconds may change.</summary>
    private static void RefuseTolerations(JsonArray? live, JsonArray? next, List<string> refused)
    {
        var after = (next ?? []).Select(WithoutSeconds).ToList();
        for (var i = 0; i < live?.Count; i++)
        {
            var before = WithoutSeconds(live[i]);
            if (!after.Exists(toleration => JsonNode.DeepEquals(toleration, before)))
            {
                refused.Add($"spec.tolerations[{i}]");
            }
        }

        static JsonNode? WithoutSeconds(JsonNode? toleration)
        {
            var copy = toleration?.DeepClone();
            (copy as JsonObject)?.Remove("tolerationSeconds");
            return copy;
        }
    }

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
