using System.Text;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;

namespace Peapod.Pod.Containers;

/// <summary>The variables that a manifest gives a container, from wherever they come, as the kubelet makes them.</summary>
internal sealed class ContainerEnvironment(string podNamespace, DownwardFields fields, ObjectStore objects)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// envFrom first, then env in the order written: a value may refer to variables before it, and of two variables with one name the later
    /// one counts.
    /// </summary>
    /// <exception cref="ContainerConfigException">What is wanted is not there, and not optional.</exception>
    internal IReadOnlyDictionary<string, string> Of(ContainerSpec container)
    {
        var variables = new OrderedDictionary<string, string>();
        foreach (var source in container.EnvFrom)
        {
            AddAll(source, variables);
        }

        foreach (var variable in container.Env)
        {
            var value = variable.Value.Length > 0 || variable.ValueFrom is null
                ? VariableExpansion.Expand(variable.Value, variables)
                : ValueFrom(variable.ValueFrom, container);
            if (value is not null)
            {
                variables[variable.Name] = value;
            }
        }

        return variables;
    }

    private void AddAll(EnvFromSource source, OrderedDictionary<string, string> variables)
    {
        if (source.ConfigMapRef is { } map)
        {
            foreach (var (key, value) in ConfigMapOf(map.Name, map.Optional)?.Data ?? new Dictionary<string, string>())
            {
                variables[source.Prefix + key] = value;
            }
        }
        else if (source.SecretRef is { } secret)
        {
            foreach (var (key, value) in SecretOf(secret.Name, secret.Optional)?.Data ?? new Dictionary<string, string>())
            {
                variables[source.Prefix + key] = Text(value, key, secret.Name);
            }
        }
    }

    /// <returns>Null when it is not there and need not be.</returns>
    private string? ValueFrom(EnvVarSource source, ContainerSpec container)
    {
        if (source.FieldRef is { } field)
        {
            return fields.Field(field.FieldPath);
        }

        if (source.ResourceFieldRef is { } resource)
        {
            return fields.Resource(resource, container);
        }

        if (source.ConfigMapKeyRef is { } key)
        {
            return ConfigMapOf(key.Name, key.Optional) is not { } map ? null
                : map.Data?.TryGetValue(key.Key, out var value) == true ? value
                : Missing(key, "ConfigMap");
        }

        if (source.SecretKeyRef is { } secretKey)
        {
            return SecretOf(secretKey.Name, secretKey.Optional) is not { } secret ? null
                : secret.Data?.TryGetValue(secretKey.Key, out var value) == true ? Text(value, secretKey.Key, secretKey.Name)
                : Missing(secretKey, "Secret");
        }

        return "";
    }

    private ConfigMap? ConfigMapOf(string name, bool? optional) =>
        objects.TryReadConfigMap(podNamespace, name) ?? (optional == true ? null : throw new ContainerConfigException($"configmap \"{name}\" not found"));

    private Secret? SecretOf(string name, bool? optional) =>
        objects.TryReadSecret(podNamespace, name) ?? (optional == true ? null : throw new ContainerConfigException($"secret \"{name}\" not found"));

    private string? Missing(KeySelector key, string kind) =>
        key.Optional == true ? null : throw new ContainerConfigException($"couldn't find key {key.Key} in {kind} {podNamespace}/{key.Name}");

    private string Text(string base64, string key, string secret)
    {
        try
        {
            var text = Strict.GetString(Convert.FromBase64String(base64));
            if (!text.Contains('\0', StringComparison.Ordinal))
            {
                return text;
            }
        }
        catch (DecoderFallbackException)
        {
            // Said below.
        }

        throw new ContainerConfigException($"key {key} in Secret {podNamespace}/{secret} is not text, and cannot be the value of a variable");
    }
}
