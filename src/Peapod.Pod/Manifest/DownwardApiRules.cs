using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Fields of the pod and amounts of its containers, as the downward API names them.</summary>
internal sealed class DownwardApiRules(FieldErrors errors, HashSet<string>? containers)
{
    private static readonly string[] EnvironmentPaths =
    [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ];

    private static readonly string[] VolumePaths = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

    /// <summary>What either of them knows, and what only other clients of the API ask for.</summary>
    private static readonly string[] AllPaths = [.. EnvironmentPaths, .. VolumePaths, "spec.restartPolicy", "spec.schedulerName", "status.phase"];

    private static readonly string[] Resources =
        ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];

    private static readonly string[] CpuDivisors = ["1m", "1"];
    private static readonly string[] ByteDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

    /// <summary>In a variable.</summary>
    public void Environment(ObjectFieldSelector field, string path) => Field(field, EnvironmentPaths, path);

    /// <summary>In a file.</summary>
    public void Volume(ObjectFieldSelector field, string path) => Field(field, VolumePaths, path);

    /// <param name="field">A limit or a request.</param>
    /// <param name="inVolume">Whether it is in a file, which belongs to no container of its own.</param>
    /// <param name="path">Where it stands.</param>
    public void Resource(ResourceFieldSelector field, bool inVolume, string path)
    {
        if (string.IsNullOrEmpty(field.ContainerName))
        {
            if (inVolume)
            {
                errors.Required(path + ".containerName");
            }
        }
        else if (containers?.Contains(field.ContainerName) == false)
        {
            errors.NotFound(path + ".containerName", field.ContainerName);
        }

        if (field.Resource.Length == 0)
        {
            errors.Required(path + ".resource");
        }
        else if (!Resources.Contains(field.Resource) && !IsHugePages(field.Resource))
        {
            errors.NotSupported(path + ".resource", field.Resource, Resources);
        }
        else if (field.Divisor is { } divisor && divisor.Amount != 0)
        {
            Divisor(field.Resource, divisor, path + ".divisor");
        }
    }

    private void Field(ObjectFieldSelector field, string[] known, string path)
    {
        if (field.FieldPath.Length == 0)
        {
            errors.Required(path + ".fieldPath");
        }
        else if (field.ApiVersion is not (null or "" or ManifestKinds.Version))
        {
            Unconvertible(field, $"unsupported pod version: {field.ApiVersion}", path);
        }
        else if (TrySplit(field.FieldPath, out var map, out var key))
        {
            if (map is not ("metadata.annotations" or "metadata.labels"))
            {
                Unconvertible(field, $"field label does not support subscript: {field.FieldPath}", path);
            }
            else
            {
                errors.Rule(map == "metadata.labels" ? key : key.ToLowerInvariant(), path + ".fieldPath", NameRules.QualifiedName);
            }
        }
        else if (!AllPaths.Contains(field.FieldPath))
        {
            Unconvertible(field, $"field label not supported: {field.FieldPath}{Spelling.Hint(Spelling.Nearest(field.FieldPath, known))}", path);
        }
        else if (!known.Contains(field.FieldPath))
        {
            errors.NotSupported(path + ".fieldPath", field.FieldPath, known);
        }
    }

    /// <summary>Takes <c>metadata.labels['KEY']</c> apart.</summary>
    private static bool TrySplit(string path, out string map, out string key)
    {
        var bracket = path.IndexOf("['", StringComparison.Ordinal);
        var whole = bracket > 0 && bracket + 4 <= path.Length && path.EndsWith("']", StringComparison.Ordinal);
        (map, key) = whole ? (path[..bracket], path[(bracket + 2)..^2]) : ("", "");
        return whole;
    }

    private void Unconvertible(ObjectFieldSelector field, string reason, string path) =>
        errors.Invalid(path + ".fieldPath", field.FieldPath, "error converting fieldPath: " + reason);

    private void Divisor(string resource, Quantity divisor, string path)
    {
        var text = divisor.ToString();
        if (resource.EndsWith(".cpu", StringComparison.Ordinal))
        {
            if (!CpuDivisors.Contains(text))
            {
                errors.Invalid(path, text, "only divisor's values 1m and 1 are supported with the cpu resource");
            }
        }
        else if (!ByteDivisors.Contains(text))
        {
            var kind = IsHugePages(resource) ? "hugepages" : resource.EndsWith(".memory", StringComparison.Ordinal) ? "memory" : "local ephemeral storage";
            errors.Invalid(path, text, $"only divisor's values {string.Join(", ", ByteDivisors)} are supported with the {kind} resource");
        }
    }

    private static bool IsHugePages(string resource) =>
        resource.StartsWith("limits.hugepages-", StringComparison.Ordinal) || resource.StartsWith("requests.hugepages-", StringComparison.Ordinal);
}
