using System.Text;
using Peapod.Pod.Manifest;
using Peapod.Tests;

namespace Peapod.UnitTests.Manifest.Rules;

public sealed class ObjectRulesTests
{
    private const string Key = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

    private static string Of(string kind, string lines) => $"apiVersion: v1\nkind: {kind}\nmetadata: {{name: o}}\n{lines}";

    [Theory]
    [InlineData("data: {a b: c}", "data[a b]: Invalid value: \"a b\": " + Key)]
    [InlineData("data: {..: c}", "data[..]: Invalid value: \"..\": must not be '..'")]
    [InlineData("data: {.: c}", "data[.]: Invalid value: \".\": must not be '.'")]
    [InlineData("data: {..a: c}", "data[..a]: Invalid value: \"..a\": must not start with '..'")]
    [InlineData("data: {a: 5}", "data.a: Invalid value: \"integer\": data.a in body must be of type string: \"integer\" (put the value in quotes)")]
    [InlineData("binaryData: {a: '!'}", "binaryData[a]: Invalid value: \"<secret contents redacted>\": illegal base64 data")]
    [InlineData("binaryData: {a: 'YQ ='}", "binaryData[a]: Invalid value: \"<secret contents redacted>\": illegal base64 data")]
    [InlineData("{data: {a: b}, binaryData: {a: Yg==}}", "data[a]: Invalid value: \"a\": duplicate of key present in binaryData")]
    [InlineData("dat: {a: b}", "dat: unknown field, did you mean \"data\"?")]
    public void A_ConfigMap_that_breaks_a_rule_is_refused(string line, string error)
    {
        var text = line[0] == '{' ? $"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: o}}, {line[1..]}" : Of("ConfigMap", line);
        Assert.Equal([$"pod.yaml:{(line[0] == '{' ? 1 : 4)}: {error}"], Manifests.Errors(text));
    }

    [Fact]
    public void The_line_of_a_bad_key_is_its_own() =>
        Assert.Equal(["pod.yaml:6: data[tls/crt]: Invalid value: \"tls/crt\": " + Key], Manifests.Errors(Of("Secret", "data:\n  a: Yg==\n  tls/crt: Yg==")));

    [Fact]
    public void Values_hold_a_mebibyte_together()
    {
        var half = new string('x', 512 * 1024);
        ManifestReader.Read("f", Of("ConfigMap", $"data: {{a: {half}, b: {half}}}"));
        Assert.Equal(["pod.yaml:1: Too long: may not be more than 1048576 bytes"], Manifests.Errors(Of("ConfigMap", $"data: {{a: {half}, b: {half}, c: x}}")));
        Assert.Equal(["pod.yaml:1: data: Too long: may not be more than 1048576 bytes"], Manifests.Errors(Of("Secret", $"stringData: {{a: {half}, b: {half}, c: x}}")));
    }

    [Theory]
    [InlineData("kubernetes.io/tls", "{}", "data[tls.crt]: Required value", "data[tls.key]: Required value")]
    [InlineData("kubernetes.io/tls", "{tls.crt: a}", "data[tls.key]: Required value")]
    [InlineData("kubernetes.io/ssh-auth", "{ssh-privatekey: ''}", "data[ssh-privatekey]: Required value")]
    [InlineData("kubernetes.io/basic-auth", "{}", "data[username]: Required value", "data[password]: Required value")]
    [InlineData("kubernetes.io/dockerconfigjson", "{}", "data[.dockerconfigjson]: Required value")]
    [InlineData("kubernetes.io/dockerconfigjson", "{.dockerconfigjson: '[]'}", "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": must be a JSON object")]
    [InlineData("kubernetes.io/dockercfg", "{.dockercfg: '{'}", "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": must be a JSON object")]
    [InlineData("kubernetes.io/service-account-token", "{}", "metadata.annotations[kubernetes.io/service-account.name]: Required value")]
    public void A_Secret_holds_what_its_type_says(string type, string data, params string[] errors) =>
        Assert.Equal(
            errors,
            Manifests.Errors(Of("Secret", $"type: {type}\nstringData: {data}")).Select(static line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]));

    [Theory]
    [InlineData("kubernetes.io/tls", "{tls.crt: a, tls.key: b}")]
    [InlineData("kubernetes.io/basic-auth", "{password: ''}")]
    [InlineData("kubernetes.io/dockerconfigjson", "{.dockerconfigjson: '{\"auths\": {}}'}")]
    [InlineData("example.com/own", "{}")]
    public void A_Secret_that_holds_it_is_taken(string type, string data) =>
        Assert.Equal(type, Assert.Single(ManifestReader.Read("f", Of("Secret", $"type: {type}\nstringData: {data}")).Secrets).Type);

    [Fact]
    public void A_bad_key_of_a_secret_is_one_error_and_no_value_is_told()
    {
        Assert.Equal(["pod.yaml:4: stringData[a/b]: Invalid value: \"a/b\": " + Key], Manifests.Errors(Of("Secret", "stringData: {a/b: hush}")));
        Assert.Equal(["pod.yaml:4: data[a]: Invalid value: \"<secret contents redacted>\": illegal base64 data"], Manifests.Errors(Of("Secret", "data: {a: hush!}")));
    }

    [Fact]
    [Field("Secret.stringData", "Secret.type")]
    public void Text_of_a_secret_becomes_data_and_its_type_is_Opaque()
    {
        var secret = Assert.Single(ManifestReader.Read("f", Of("Secret", "data: {a: eA==, b: eA==}\nstringData: {b: äö}")).Secrets);
        Assert.Equal(("Opaque", "default"), (secret.Type, secret.Metadata.Namespace));
        Assert.Null(secret.StringData);
        Assert.Equal("eA==", secret.Data!["a"]);
        Assert.Equal("äö", Encoding.UTF8.GetString(Convert.FromBase64String(secret.Data["b"])));
    }

    [Fact]
    [Field(
        "ConfigMap.apiVersion", "ConfigMap.kind", "ConfigMap.metadata", "ConfigMap.data", "ConfigMap.binaryData", "ConfigMap.immutable", "Secret.apiVersion", "Secret.kind", "Secret.metadata", "Secret.data", "Secret.immutable",
        "PersistentVolumeClaim.apiVersion", "PersistentVolumeClaim.kind", "PersistentVolumeClaim.metadata", "PersistentVolumeClaim.spec")]
    public void Objects_are_kept_as_they_are_written()
    {
        string[] given =
        [
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","namespace":"n","labels":{"a":"b"},"annotations":{"c":"d"}},"data":{"k":"text"},"binaryData":{"b":"eA=="},"immutable":true}""",
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"n","labels":{"a":"b"},"annotations":{"c":"d"}},"data":{"k":"eA=="},"type":"a/b","immutable":false}""",
            """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c","namespace":"n","labels":{"a":"b"},"annotations":{"c":"d"}},"spec":{"accessModes":["ReadWriteMany"],"resources":{"limits":{"storage":"2Gi"},"requests":{"storage":"1Gi"}},"storageClassName":"fast","volumeName":"v","volumeMode":"Block","selector":{"matchLabels":{"a":"b"}},"volumeAttributesClassName":"gold"}}""",
        ];
        var documents = ManifestReader.Read("f", string.Join('\n', given));
        var kept = documents.ConfigMaps.Select(static one => one.ToJson()).Concat(documents.Secrets.Select(static one => one.ToJson())).Concat(documents.PersistentVolumeClaims.Select(static one => one.ToJson()));
        Assert.Equal(given, kept.Select(static json => Encoding.UTF8.GetString(json)).ToArray());
    }

    [Fact]
    [Field("PersistentVolumeClaim.spec.dataSource", "PersistentVolumeClaim.spec.dataSourceRef")]
    public void A_claim_that_would_be_filled_by_a_cluster_is_refused() =>
        Assert.Equal(
            ["pod.yaml:4: spec.dataSource: Forbidden: there are no snapshots or populated volumes here; a claim begins empty"],
            Manifests.Errors(Of("PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, dataSource: {kind: VolumeSnapshot, name: s}}")));

    [Theory]
    [InlineData("{}", "accessModes: Required value: at least 1 access mode is required", "resources.requests[storage]: Required value")]
    [InlineData("{accessModes: [RWO], resources: {requests: {storage: 1}}}", "accessModes[0]: Unsupported value: \"RWO\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"")]
    [InlineData("{accessModes: [ReadWriteOnce, ReadWriteOncePod], resources: {requests: {storage: 1}}}", "accessModes: Forbidden: may not use ReadWriteOncePod with other access modes")]
    [InlineData("{accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}}", "resources.requests[storage]: Invalid value: \"0\": must be greater than zero")]
    [InlineData("{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, volumeMode: Raw}", "volumeMode: Unsupported value: \"Raw\": supported values: \"Block\", \"Filesystem\"")]
    public void A_claim_that_breaks_a_rule_is_refused(string spec, params string[] errors) =>
        Assert.Equal(errors.Select(static error => "pod.yaml:4: spec." + error), Manifests.Errors(Of("PersistentVolumeClaim", "spec: " + spec)));

    [Fact]
    [Field("PersistentVolumeClaim.spec.volumeMode")]
    public void A_claim_is_of_a_file_system()
    {
        var claim = Assert.Single(ManifestReader.Read("f", Of("PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}")).PersistentVolumeClaims);
        Assert.Equal(("Filesystem", "default"), (claim.Spec.VolumeMode, claim.Metadata.Namespace));
    }
}
