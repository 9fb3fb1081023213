using System.Text.Json.Nodes;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>What a scheduler would read: kept and shown, and held against the API server's rules as far as they are about plain values.</summary>
internal sealed class SchedulingRules(FieldErrors errors)
{
    private static readonly string[] Effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

    public void Validate(PodSpec spec, string path)
    {
        new MetadataRules(errors).Labels(spec.NodeSelector, path + ".nodeSelector");
        errors.OptionalName(spec.NodeName, path + ".nodeName", NameRules.Dns1123Subdomain);
        errors.OptionalName(spec.ServiceAccount, path + ".serviceAccount", NameRules.Dns1123Subdomain);
        errors.OptionalName(spec.ServiceAccountName == spec.ServiceAccount ? null : spec.ServiceAccountName, path + ".serviceAccountName", NameRules.Dns1123Subdomain);
        errors.OptionalName(spec.PriorityClassName, path + ".priorityClassName", NameRules.Dns1123Subdomain);
        if (!string.IsNullOrEmpty(spec.PreemptionPolicy) && spec.PreemptionPolicy is not ("PreemptLowerPriority" or "Never"))
        {
            errors.NotSupported(path + ".preemptionPolicy", spec.PreemptionPolicy, "PreemptLowerPriority", "Never");
        }

        OperatingSystem(spec.Os, path + ".os");
        for (var i = 0; i < spec.Tolerations?.Count; i++)
        {
            Toleration(spec.Tolerations[i] as JsonObject ?? [], SourceLines.Element(path + ".tolerations", i));
        }

        for (var i = 0; i < spec.ReadinessGates?.Count; i++)
        {
            errors.Rule(Text(spec.ReadinessGates[i] as JsonObject, "conditionType"), SourceLines.Element(path + ".readinessGates", i) + ".conditionType", NameRules.QualifiedName);
        }

        for (var i = 0; i < spec.TopologySpreadConstraints?.Count; i++)
        {
            Spread(spec.TopologySpreadConstraints[i] as JsonObject ?? [], SourceLines.Element(path + ".topologySpreadConstraints", i));
        }
    }

    private void OperatingSystem(JsonObject? os, string path)
    {
        if (os is null)
        {
            return;
        }

        switch (Text(os, "name"))
        {
            case "linux":
                break;
            case "":
                errors.Required(path + ".name", "cannot be empty");
                break;
            case "windows":
                errors.Unable(path + ".name", "windows", "this host runs linux");
                break;
            case var other:
                errors.NotSupported(path + ".name", other, "linux", "windows");
                break;
        }
    }

    private void Toleration(JsonObject toleration, string path)
    {
        var (key, relation, value, effect) = (Text(toleration, "key"), Text(toleration, "operator"), Text(toleration, "value"), Text(toleration, "effect"));
        errors.OptionalName(key, path + ".key", NameRules.QualifiedName);
        if (relation is not ("" or "Equal" or "Exists"))
        {
            errors.NotSupported(path + ".operator", relation, "Equal", "Exists");
        }
        else if (key.Length == 0 && relation != "Exists")
        {
            errors.Invalid(path + ".operator", relation, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        }
        else if (relation == "Exists" && value.Length > 0)
        {
            errors.Invalid(path + ".operator", value, "value must be empty when `operator` is 'Exists'");
        }
        else
        {
            errors.Rule(value, path + ".operator", NameRules.LabelValue);
        }

        if (effect.Length > 0 && !Effects.Contains(effect))
        {
            errors.NotSupported(path + ".effect", effect, Effects);
        }
        else if (toleration["tolerationSeconds"] is not null && effect != "NoExecute")
        {
            errors.Invalid(path + ".effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
    }

    private void Spread(JsonObject constraint, string path)
    {
        if (constraint["maxSkew"] is not JsonValue skew || !skew.TryGetValue<long>(out var number) || number <= 0)
        {
            errors.Invalid(path + ".maxSkew", constraint["maxSkew"] is JsonValue value && value.TryGetValue<long>(out var written) ? written : 0, "must be greater than zero");
        }

        if (Text(constraint, "topologyKey").Length == 0)
        {
            errors.Required(path + ".topologyKey", "can not be empty");
        }

        var otherwise = Text(constraint, "whenUnsatisfiable");
        if (otherwise is not ("DoNotSchedule" or "ScheduleAnyway"))
        {
            errors.NotSupported(path + ".whenUnsatisfiable", otherwise, "DoNotSchedule", "ScheduleAnyway");
        }
    }

    private static string Text(JsonObject? node, string name) => node?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
