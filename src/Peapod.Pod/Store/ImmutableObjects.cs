using Peapod.Pod.Objects;

namespace Peapod.Pod.Store;

/// <summary>What may not change of an object that is there, in the API server's words.</summary>
internal static class ImmutableObjects
{
    private const string WhenSet = "Forbidden: field is immutable when `immutable` is set";

    internal static void Check(ConfigMap old, ConfigMap next)
    {
        if (old.Immutable == true)
        {
            var data = Same(old.Data, next.Data) ? null : $"data: {WhenSet}";
            var binary = Same(old.BinaryData, next.BinaryData) ? null : $"binaryData: {WhenSet}";
            Refuse("ConfigMap", next.Metadata, next.Immutable == true ? null : $"immutable: {WhenSet}", data, binary);
        }
    }

    internal static void Check(Secret old, Secret next)
    {
        var type = old.Type == next.Type ? null : $"type: Invalid value: \"{next.Type}\": field is immutable";
        var (immutable, data) = old.Immutable != true ? (null, null)
            : (next.Immutable == true ? null : $"immutable: {WhenSet}", Same(old.Data, next.Data) ? null : $"data: {WhenSet}");
        Refuse("Secret", next.Metadata, type, immutable, data);
    }

    /// <summary>Of a claim's spec only the size may change.</summary>
    internal static void Check(PersistentVolumeClaim old, PersistentVolumeClaim next)
    {
        var like = next.Spec with { Resources = old.Spec.Resources, VolumeAttributesClassName = old.Spec.VolumeAttributesClassName };
        var changed = !new PersistentVolumeClaim { Spec = like }.ToJson().AsSpan().SequenceEqual(new PersistentVolumeClaim { Spec = old.Spec }.ToJson());
        Refuse("PersistentVolumeClaim", next.Metadata, changed ? "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims" : null);
    }

    internal static void Check(RuntimeClass old, RuntimeClass next) =>
        Refuse("RuntimeClass", next.Metadata, old.Handler == next.Handler ? null : $"handler: Invalid value: \"{next.Handler}\": field is immutable");

    private static bool Same(IReadOnlyDictionary<string, string>? one, IReadOnlyDictionary<string, string>? other)
    {
        if ((one?.Count ?? 0) != (other?.Count ?? 0))
        {
            return false;
        }

        foreach (var (key, value) in one ?? new Dictionary<string, string>())
        {
            if (!other!.TryGetValue(key, out var found) || found != value)
            {
                return false;
            }
        }

        return true;
    }

    private static void Refuse(string kind, ObjectMeta metadata, params ReadOnlySpan<string?> reasons)
    {
        var found = new List<string>();
        foreach (var reason in reasons)
        {
            if (reason is not null)
            {
                found.Add(reason);
            }
        }

        if (found.Count > 0)
        {
            throw new PodException($"The {kind} \"{metadata.Name}\" is invalid: {(found.Count == 1 ? found[0] : $"[{string.Join(", ", found)}]")}");
        }
    }
}
