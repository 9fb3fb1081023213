using Peapod.Tests;

namespace Peapod.UnitTests.Manifest.Rules;

/// <summary>What has no effect on one host is checked, kept and shown.</summary>
public sealed class SchedulingRulesTests
{
    private const string Subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    [Theory]
    [InlineData("serviceAccountName: A", "serviceAccountName: Invalid value: \"A\": " + Subdomain)]
    [InlineData("serviceAccount: A", "serviceAccount: Invalid value: \"A\": " + Subdomain)]
    [InlineData("nodeName: a_b", "nodeName: Invalid value: \"a_b\": " + Subdomain)]
    [InlineData("priorityClassName: A", "priorityClassName: Invalid value: \"A\": " + Subdomain)]
    [InlineData("preemptionPolicy: Always", "preemptionPolicy: Unsupported value: \"Always\": supported values: \"PreemptLowerPriority\", \"Never\"")]
    [InlineData("priority: high", "priority: Invalid value: \"string\": spec.priority in body must be of type integer: \"string\"")]
    [InlineData("nodeSelector: {a b: c}", "nodeSelector: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    [InlineData("os: {}", "os.name: Required value: cannot be empty")]
    [InlineData("os: {name: windows}", "os.name: \"windows\" is not supported here: this host runs linux")]
    [InlineData("os: {name: plan9}", "os.name: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\"")]
    [InlineData("tolerations: [{operator: Like}]", "tolerations[0].operator: Unsupported value: \"Like\": supported values: \"Equal\", \"Exists\"")]
    [InlineData("tolerations: [{value: a}]", "tolerations[0].operator: Invalid value: \"\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"")]
    [InlineData("tolerations: [{key: a, operator: Exists, value: b}]", "tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'")]
    [InlineData("tolerations: [{key: a, effect: NoRun}]", "tolerations[0].effect: Unsupported value: \"NoRun\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"")]
    [InlineData("tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: 5}]", "tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set")]
    [InlineData("readinessGates: [{}]", "readinessGates[0].conditionType: Invalid value: \"\": name part must be non-empty")]
    [InlineData("topologySpreadConstraints: [{maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]", "topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero")]
    [InlineData("topologySpreadConstraints: [{maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]", "topologySpreadConstraints[0].topologyKey: Required value: can not be empty")]
    [InlineData("topologySpreadConstraints: [{maxSkew: 1, topologyKey: a}]", "topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"\": supported values: \"DoNotSchedule\", \"ScheduleAnyway\"")]
    [InlineData("activeDeadlineSeconds: 0", "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive")]
    [InlineData("activeDeadlineSeconds: 2147483648", "activeDeadlineSeconds: Invalid value: 2147483648: must be between 1 and 2147483647, inclusive")]
    [InlineData("runtimeClassName: A", "runtimeClassName: Invalid value: \"A\": " + Subdomain)]
    public void What_breaks_a_rule_is_refused(string line, string error) => Manifests.AssertSpecError(line, error);

    [Fact]
    [Field(
        "spec.serviceAccountName", "spec.serviceAccount", "spec.automountServiceAccountToken", "spec.enableServiceLinks", "spec.preemptionPolicy", "spec.priority",
        "spec.nodeName", "spec.imagePullSecrets", "spec.nodeSelector", "spec.affinity", "spec.tolerations", "spec.topologySpreadConstraints", "spec.schedulerName",
        "spec.priorityClassName", "spec.readinessGates", "spec.os")]
    public void What_only_a_cluster_could_use_is_kept_and_shown()
    {
        const string lines = """
            "affinity":{"nodeAffinity":{}},"automountServiceAccountToken":true,"enableServiceLinks":false,"imagePullSecrets":[{"name":"registry"}],"nodeName":"here",
            "nodeSelector":{"disk":"ssd"},"os":{"name":"linux"},"preemptionPolicy":"Never","priority":1000,"priorityClassName":"high","readinessGates":[{"conditionType":"a.b/c"}],
            "schedulerName":"mine","serviceAccount":"robot","serviceAccountName":"robot","tolerations":[{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":5}],
            "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"}]
            """;
        var pod = Manifests.Pod($$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],{{{lines}}}}}""");
        var spec = Peapod.Pod.Manifest.ManifestWriter.ToJsonNode(pod)["spec"]!;
        var given = System.Text.Json.Nodes.JsonNode.Parse("{" + lines + "}")!.AsObject();
        Assert.All(given, field => Assert.Equal(field.Value!.ToJsonString(), spec[field.Key]?.ToJsonString()));
    }
}
