using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Variables and where their values come from.</summary>
internal sealed class EnvironmentRules(FieldErrors errors, DownwardApiRules fields)
{
    public void Validate(IReadOnlyList<EnvVar> variables, string path)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            var at = SourceLines.Element(path, i);
            errors.Name(variables[i].Name, at + ".name", NameRules.EnvVarName);
            if (variables[i].ValueFrom is { } source)
            {
                Source(source, variables[i].Value, at + ".valueFrom");
            }
        }
    }

    public void ValidateFrom(IReadOnlyList<EnvFromSource> sources, string path)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            var source = sources[i];
            var at = SourceLines.Element(path, i);
            errors.OptionalName(source.Prefix, at + ".prefix", NameRules.EnvVarName);
            if (source.ConfigMapRef is { } configMap)
            {
                errors.Reference(configMap.Name, at + ".configMapRef.name");
            }

            if (source.SecretRef is { } secret)
            {
                errors.Reference(secret.Name, at + ".secretRef.name");
            }

            if (source is { ConfigMapRef: null, SecretRef: null })
            {
                errors.Invalid(at, "", "must specify one of: `configMapRef` or `secretRef`");
            }
            else if (source is { ConfigMapRef: not null, SecretRef: not null })
            {
                errors.Invalid(at, "", "may not have more than one field specified at a time");
            }
        }
    }

    private void Source(EnvVarSource source, string value, string path)
    {
        var count = 0;
        if (source.FieldRef is { } field)
        {
            count++;
            fields.Environment(field, path + ".fieldRef");
        }

        if (source.ResourceFieldRef is { } resource)
        {
            count++;
            fields.Resource(resource, inVolume: false, path + ".resourceFieldRef");
        }

        if (source.ConfigMapKeyRef is { } configMap)
        {
            count++;
            Key(configMap, path + ".configMapKeyRef");
        }

        if (source.SecretKeyRef is { } secret)
        {
            count++;
            Key(secret, path + ".secretKeyRef");
        }

        if (count == 0)
        {
            errors.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
        }
        else if (value.Length > 0)
        {
            errors.Invalid(path, "", "may not be specified when `value` is not empty");
        }
        else if (count > 1)
        {
            errors.Invalid(path, "", "may not have more than one field specified at a time");
        }
    }

    private void Key(KeySelector selector, string path)
    {
        errors.Reference(selector.Name, path + ".name");
        errors.Name(selector.Key, path + ".key", NameRules.ConfigMapKey);
    }
}
