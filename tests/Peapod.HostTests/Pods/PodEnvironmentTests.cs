using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>What containers are told through their variables.</summary>
public sealed class PodEnvironmentTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    [Field("spec.containers[].env[].valueFrom.configMapKeyRef", "spec.containers[].env[].valueFrom.secretKeyRef", "spec.containers[].envFrom")]
    public void Variables_come_from_config_maps_and_secrets_of_the_pods_namespace()
    {
        var objects = bed.Write("objects.yaml", """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings}
            data: {level: debug, NAME: "from the map"}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: login}
            data: {user: YWRtaW4=}
            stringData: {password: "p$(X)w"}
            """);
        var pod = bed.Write("pod.yaml", PodBed.Manifest("vars", """
              restartPolicy: Never
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "echo $LEVEL:$M_NAME:$(USER_NAME):$S_password:${NONE-unset}"]
                args: ["$(LEVEL)"]
                envFrom: [{prefix: M_, configMapRef: {name: settings}}, {prefix: S_, secretRef: {name: login}}, {configMapRef: {name: none, optional: true}}]
                env:
                - {name: LEVEL, valueFrom: {configMapKeyRef: {name: settings, key: level}}}
                - {name: USER_NAME, valueFrom: {secretKeyRef: {name: login, key: user}}}
                - {name: NONE, valueFrom: {secretKeyRef: {name: login, key: none, optional: true}}}
            """));

        Assert.Equal("configmap/settings created\nsecret/login created\npod/vars created\n", bed.Done("run", "-f", pod, "-f", objects));
        Assert.Equal("debug:from the map:admin:p$(X)w:unset\n", bed.Done("logs", "-f", "vars"));
        bed.Done("rm", "vars");
        Assert.Equal("configmap/settings unchanged\nsecret/login unchanged\n", bed.Done("run", "-f", objects));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{bed.DataRoot}/objects/default/secrets/login.json"));
    }

    [Theory]
    [InlineData("env: [{name: A, valueFrom: {configMapKeyRef: {name: none, key: k}}}]", "configmap \"none\" not found")]
    [InlineData("env: [{name: A, valueFrom: {secretKeyRef: {name: none, key: k}}}]", "secret \"none\" not found")]
    [InlineData("envFrom: [{configMapRef: {name: none}}]", "configmap \"none\" not found")]
    [InlineData("volumeMounts: [{name: v, mountPath: /v, subPathExpr: $(NONE)}]", "missing value for NONE")]
    public void What_a_container_waits_for_is_told(string field, string error)
    {
        var run = bed.RunSpec("waits", $$"""
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"], {{field}} }]
              volumes: [{name: v, emptyDir: {} }]
            """);

        Assert.Contains(error, run.ExitCode != 0 ? run.Error : bed.Container("waits")["state"]!["waiting"]!.ToJsonString().Replace("\\u0022", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
