using System.Globalization;
using System.Text;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Containers;

/// <summary>The downward API: fields of a pod and amounts of its containers as text, for variables and files.</summary>
/// <param name="pod">The pod, with its uid.</param>
/// <param name="podIPs">Its addresses, IPv4 first; none before it has its network.</param>
/// <param name="node">Where it runs.</param>
internal sealed class DownwardFields(PodManifest pod, IReadOnlyList<string> podIPs, Node node)
{
    /// <param name="path">As <see cref="ObjectFieldSelector.FieldPath"/>.</param>
    /// <exception cref="ContainerConfigException">There is no such field.</exception>
    internal string Field(string path) => path switch
    {
        "metadata.name" => pod.Metadata.Name,
        "metadata.namespace" => pod.Metadata.Namespace!,
        "metadata.uid" => pod.Metadata.Uid ?? "",
        "metadata.labels" => Lines(pod.Metadata.Labels),
        "metadata.annotations" => Lines(pod.Metadata.Annotations),
        "spec.nodeName" => node.Name(),
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? pod.Spec.ServiceAccount ?? "default",
        "status.hostIP" => node.Addresses()[0],
        "status.hostIPs" => string.Join(',', node.Addresses()),
        "status.podIP" => podIPs.Count > 0 ? podIPs[0] : "",
        "status.podIPs" => string.Join(',', podIPs),
        _ when Key(path, "metadata.labels") is { } key => pod.Metadata.Labels?.GetValueOrDefault(key) ?? "",
        _ when Key(path, "metadata.annotations") is { } key => pod.Metadata.Annotations?.GetValueOrDefault(key) ?? "",
        _ => throw new ContainerConfigException($"unsupported fieldPath: {path}"),
    };

    /// <summary>A limit or a request in units of the divisor, rounded up. A limit that is not set is what the host has.</summary>
    /// <param name="selector">What to tell.</param>
    /// <param name="own">The container that is asked about when the selector names none.</param>
    /// <exception cref="ContainerConfigException">There is no such container or resource.</exception>
    internal string Resource(ResourceFieldSelector selector, ContainerSpec? own)
    {
        var container = string.IsNullOrEmpty(selector.ContainerName) ? own : Find(selector.ContainerName);
        if (container is null)
        {
            throw new ContainerConfigException($"container {selector.ContainerName} not found");
        }

        var dot = selector.Resource.IndexOf('.', StringComparison.Ordinal);
        var name = selector.Resource[(dot + 1)..];
        var amount = selector.Resource[..Math.Max(dot, 0)] switch
        {
            "limits" => Limit(container, name),
            "requests" => container.Resources.Request(name) ?? default,
            _ => throw new ContainerConfigException($"unsupported container resource : {selector.Resource}"),
        };
        var divisor = selector.Divisor is { Amount: not 0 } unit ? unit : Quantity.FromInt64(1);
        var count = name == "cpu" ? RoundUp(amount.MilliValue, divisor.MilliValue) : RoundUp(amount.Value, divisor.Value);
        return count.ToString(CultureInfo.InvariantCulture);
    }

    private Quantity Limit(ContainerSpec container, string name) =>
        container.Resources.Limit(name) is { Amount: > 0 } own ? own
        : pod.Spec.Resources?.Limit(name) is { Amount: > 0 } whole ? whole
        : node.Allocatable(name) ?? default;

    private static long RoundUp(long amount, long divisor) => (long)decimal.Ceiling((decimal)amount / divisor);

    private ContainerSpec? Find(string name)
    {
        foreach (var list in (ReadOnlySpan<IReadOnlyList<ContainerSpec>>)[pod.Spec.Containers, pod.Spec.InitContainers])
        {
            foreach (var container in list)
            {
                if (container.Name == name)
                {
                    return container;
                }
            }
        }

        return null;
    }

    private static string? Key(string path, string map) =>
        path.StartsWith(map, StringComparison.Ordinal) && path.AsSpan(map.Length).StartsWith("['") && path.EndsWith("']", StringComparison.Ordinal) && path.Length >= map.Length + 4
            ? path[(map.Length + 2)..^2]
            : null;

    /// <summary>One line a key, in their order, the values quoted as Go does (strconv.Quote).</summary>
    private static string Lines(IReadOnlyDictionary<string, string>? map)
    {
        var keys = new List<string>(map?.Keys ?? []);
        keys.Sort(StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var key in keys)
        {
            text.Append(text.Length > 0 ? "\n" : "").Append(key).Append('=');
            Quote(text, map![key]);
        }

        return text.ToString();
    }

    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var rune in value.EnumerateRunes())
        {
            var escape = rune.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                7 => "\\a",
                8 => "\\b",
                12 => "\\f",
                10 => "\\n",
                13 => "\\r",
                9 => "\\t",
                11 => "\\v",
                < 32 or 127 => $"\\x{rune.Value:x2}",
                _ when IsPrintable(rune) => null,
                < 0x10000 => $"\\u{rune.Value:x4}",
                _ => $"\\U{rune.Value:x8}",
            };
            text.Append(escape ?? rune.ToString());
        }

        text.Append('"');
    }

    /// <summary>Letters, marks, numbers, punctuation, symbols and the ASCII space.</summary>
    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
