using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Description;

/// <summary>A container's variables as <c>kubectl describe pod</c> shows them: where a value comes from, never a Secret's.</summary>
internal static class EnvironmentDescription
{
    internal static void Write(DescriptionWriter writer, ContainerSpec container, PodView pod, string nodeName)
    {
        if (container.EnvFrom.Count > 0)
        {
            writer.Line(2, "Environment Variables from:");
            foreach (var source in container.EnvFrom)
            {
                var (kind, reference) = source.ConfigMapRef is { } map ? ("ConfigMap", map) : ("Secret", source.SecretRef!);
                var prefix = source.Prefix is { Length: > 0 } text ? $" with prefix '{text}'" : "";
                writer.Line(3, reference.Name, kind + prefix, $"Optional: {Lower(reference.Optional)}");
            }
        }

        writer.Line(2, container.Env.Count == 0 ? ["Environment:", "<none>"] : ["Environment:"]);
        foreach (var variable in container.Env)
        {
            Write(writer, variable, container, pod, nodeName);
        }
    }

    private static void Write(DescriptionWriter writer, EnvVar variable, ContainerSpec container, PodView pod, string nodeName)
    {
        switch (variable.ValueFrom)
        {
            case { FieldRef: { } field }:
                writer.Field(3, variable.Name, $"{Value(field.FieldPath, pod, nodeName)} ({field.ApiVersion ?? "v1"}:{field.FieldPath})");
                break;
            case { ResourceFieldRef: { } resource }:
                writer.Field(3, variable.Name, $"{Amount(resource, container, pod)} ({resource.Resource})");
                break;
            case { SecretKeyRef: { } secret }:
                writer.Line(3, $"{variable.Name}:", $"<set to the key '{secret.Key}' in secret '{secret.Name}'>", $"Optional: {Lower(secret.Optional)}");
                break;
            case { ConfigMapKeyRef: { } map }:
                writer.Line(3, $"{variable.Name}:", $"<set to the key '{map.Key}' of config map '{map.Name}'>", $"Optional: {Lower(map.Optional)}");
                break;
            default:
                writer.Field(3, variable.Name, variable.Value);
                break;
        }
    }

    private static string Value(string path, PodView pod, string nodeName)
    {
        var metadata = pod.Manifest.Metadata;
        return path switch
        {
            "metadata.name" => pod.Name,
            "metadata.namespace" => pod.Folders.Namespace,
            "metadata.uid" => metadata.Uid ?? "",
            "spec.nodeName" => nodeName,
            "spec.serviceAccountName" => pod.Manifest.Spec.ServiceAccountName ?? "",
            "status.hostIP" => pod.Status.HostIP ?? "",
            "status.podIP" => pod.Status.PodIP ?? "",
            "status.podIPs" => string.Join(',', pod.Status.Addresses.Select(static address => address.Address)),
            _ when Key(path, "metadata.labels") is { } key => metadata.Labels?.GetValueOrDefault(key) ?? "",
            _ when Key(path, "metadata.annotations") is { } key => metadata.Annotations?.GetValueOrDefault(key) ?? "",
            _ => "",
        };
    }

    /// <summary>The key in <c>metadata.labels['KEY']</c>.</summary>
    private static string? Key(string path, string map) =>
        path.StartsWith($"{map}['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal) ? path[(map.Length + 2)..^2] : null;

    private static string Amount(ResourceFieldSelector selector, ContainerSpec container, PodView pod)
    {
        var owner = selector.ContainerName is { Length: > 0 } name ? pod.Manifest.Spec.Containers.FirstOrDefault(other => other.Name == name) ?? container : container;
        var dot = selector.Resource.IndexOf('.', StringComparison.Ordinal);
        var resource = selector.Resource[(dot + 1)..];
        var amount = selector.Resource.StartsWith("limits", StringComparison.Ordinal) ? owner.Resources.Limit(resource) : owner.Resources.Request(resource);
        if (amount is not { } known || known.Amount == 0)
        {
            return selector.Resource is "limits.cpu" or "limits.memory" ? "node allocatable" : "0";
        }

        var divisor = selector.Divisor is { Amount: > 0 } given ? given.Amount : 1;
        return $"{decimal.Ceiling(known.Amount / divisor)}";
    }

    private static string Lower(bool? value) => value == true ? "true" : "false";
}
