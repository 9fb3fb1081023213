using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class DescribeTests : IDisposable
{
    private const string Time = "[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} [+-][0-9]{4}";
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    public void A_pod_is_described_as_kubectl_does()
    {
        Assert.Equal(0, bed.Pod("run", "-f", bed.Write("web.yaml", """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, labels: {tier: front, app: web}, annotations: {note: short}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - name: a
                image: localhost/busybox
                command: [sleep, "100"]
                ports: [{containerPort: 80}, {containerPort: 81, hostPort: 8181, name: extra}]
                env: [{name: WHO, value: me}]
                resources: {requests: {cpu: 10m}}
                volumeMounts: [{name: v, mountPath: /v, readOnly: true}]
              volumes: [{name: v, emptyDir: {}}]
            """)).ExitCode);

        var text = bed.Done("describe", "web");

        Assert.Matches($"^Name: +web\nNamespace: +default\nPriority: +0\n(Service Account: .*\n)?Node: +{Environment.MachineName}/[0-9.]*\nStart Time: +{Time}\nLabels: +app=web\n +tier=front\nAnnotations: +note: short\nStatus: +Running\n", text);
        Assert.Matches($$"""
            Containers:
              a:
                Container ID:  .*
                Image:         localhost/busybox
                Image ID:      .*
                Ports:         80/TCP, 81/TCP \(extra\)
                Host Ports:    0/TCP, 8181/TCP \(extra\)
                Command:
                  sleep
                  100
                State:          Running
                  Started:      {{Time}}
                Ready:          True
                Restart Count:  0
                Requests:
                  cpu:  10m
                Environment:
                  WHO:  me
                Mounts:
                  /v from v \(ro\)
            Conditions:
              Type +Status
            """, text);
        Assert.Matches("\n  Ready +True \n", text);
        Assert.Contains("""

            Volumes:
              v:
                Type:        EmptyDir (a temporary directory that shares a pod's lifetime)
                Medium:      
                SizeLimit:   <unset>
            QoS Class:       Burstable
            Node-Selectors:  <none>
            Tolerations:     <none>
            Events:
              Type    Reason
            """, text);
        Assert.Matches("\n  Normal  Started +[0-9]+s +peapod +Started container a\n", text);
    }

    [Fact]
    public void Nobody_is_described_as_not_found() => Assert.Equal("peapod: pods \"nobody\" not found\n", bed.Pod("describe", "nobody").Error);
}
