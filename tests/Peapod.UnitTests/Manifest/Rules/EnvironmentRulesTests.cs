namespace Peapod.UnitTests.Manifest.Rules;

public sealed class EnvironmentRulesTests
{
    private const string Key = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

    [Theory]
    [InlineData("{}", ": Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`")]
    [InlineData("{fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k}}", ": Invalid value: \"\": may not have more than one field specified at a time")]
    [InlineData("{fieldRef: {}}", ".fieldRef.fieldPath: Required value")]
    [InlineData("{fieldRef: {fieldPath: metadata.name, apiVersion: v2}}", ".fieldRef.fieldPath: Invalid value: \"metadata.name\": error converting fieldPath: unsupported pod version: v2")]
    [InlineData("{fieldRef: {fieldPath: metadata.nam}}", ".fieldRef.fieldPath: Invalid value: \"metadata.nam\": error converting fieldPath: field label not supported: metadata.nam, did you mean \"metadata.name\"?")]
    [InlineData("{fieldRef: {fieldPath: metadata.labels}}", ".fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\"")]
    [InlineData("{fieldRef: {fieldPath: \"metadata.name['a']\"}}", ".fieldRef.fieldPath: Invalid value: \"metadata.name['a']\": error converting fieldPath: field label does not support subscript: metadata.name['a']")]
    [InlineData("{fieldRef: {fieldPath: \"metadata.labels['']\"}}", ".fieldRef.fieldPath: Invalid value: \"\": name part must be non-empty")]
    [InlineData("{resourceFieldRef: {}}", ".resourceFieldRef.resource: Required value")]
    [InlineData("{resourceFieldRef: {resource: limits.gpu}}", ".resourceFieldRef.resource: Unsupported value: \"limits.gpu\": supported values: \"limits.cpu\", \"limits.ephemeral-storage\", \"limits.memory\", \"requests.cpu\", \"requests.ephemeral-storage\", \"requests.memory\"")]
    [InlineData("{resourceFieldRef: {resource: limits.cpu, containerName: x}}", ".resourceFieldRef.containerName: Not found: \"x\"")]
    [InlineData("{resourceFieldRef: {resource: limits.cpu, divisor: 1k}}", ".resourceFieldRef.divisor: Invalid value: \"1k\": only divisor's values 1m and 1 are supported with the cpu resource")]
    [InlineData("{resourceFieldRef: {resource: requests.memory, divisor: 1m}}", ".resourceFieldRef.divisor: Invalid value: \"1m\": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource")]
    [InlineData("{resourceFieldRef: {resource: limits.ephemeral-storage, divisor: 2}}", ".resourceFieldRef.divisor: Invalid value: \"2\": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the local ephemeral storage resource")]
    [InlineData("{resourceFieldRef: {resource: limits.hugepages-2Mi, divisor: 2}}", ".resourceFieldRef.divisor: Invalid value: \"2\": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the hugepages resource")]
    [InlineData("{configMapKeyRef: {key: k}}", ".configMapKeyRef.name: Required value")]
    [InlineData("{secretKeyRef: {name: s}}", ".secretKeyRef.key: Required value")]
    [InlineData("{secretKeyRef: {name: s, key: a/b}}", ".secretKeyRef.key: Invalid value: \"a/b\": " + Key)]
    [InlineData("{secretKeyRef: {name: s, key: ..}}", ".secretKeyRef.key: Invalid value: \"..\": must not be '..'")]
    [InlineData("{secretKeyRef: {name: s, key: ..a}}", ".secretKeyRef.key: Invalid value: \"..a\": must not start with '..'")]
    public void A_source_of_a_variable_that_breaks_a_rule_is_refused(string source, string error) =>
        Manifests.AssertContainerError($"env: [{{name: A, valueFrom: {source}}}]", "env[0].valueFrom" + error);

    [Fact]
    public void A_variable_has_a_value_or_a_source() =>
        Manifests.AssertContainerError("env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]", "env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty");

    [Theory]
    [InlineData("{}", "envFrom[0]: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`")]
    [InlineData("{configMapRef: {name: a}, secretRef: {name: b}}", "envFrom[0]: Invalid value: \"\": may not have more than one field specified at a time")]
    [InlineData("{configMapRef: {}}", "envFrom[0].configMapRef.name: Required value")]
    [InlineData("{secretRef: {name: ''}}", "envFrom[0].secretRef.name: Required value")]
    [InlineData("{prefix: 'A=', secretRef: {name: a}}", "envFrom[0].prefix: Invalid value: \"A=\": a valid environment variable name must consist only of printable ASCII characters other than '='")]
    public void A_source_of_variables_that_breaks_a_rule_is_refused(string source, string error) => Manifests.AssertContainerError($"envFrom: [{source}]", error);

    [Theory]
    [InlineData("env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}, {name: B, valueFrom: {fieldRef: {fieldPath: \"metadata.annotations['Example.com/k']\"}}}]")]
    [InlineData("env: [{name: A, value: '', valueFrom: {resourceFieldRef: {resource: limits.hugepages-2Mi, containerName: c, divisor: 1Mi}}}]")]
    [InlineData("env: [{name: A, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 0}}}, {name: B, valueFrom: {secretKeyRef: {name: s, key: .k, optional: true}}}]")]
    [InlineData("envFrom: [{prefix: P_, configMapRef: {name: a.b, optional: true}}, {secretRef: {name: s}}]")]
    public void Sources_within_the_rules_are_taken(string line) => Manifests.AllFields(Manifests.WithContainer(line));
}
