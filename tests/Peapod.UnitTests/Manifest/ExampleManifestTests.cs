using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest;

/// <summary>The manifests that Peapod is to run as they stand.</summary>
public sealed class ExampleManifestTests
{
    private const string ExamplePod = """"
        # Two containers, one shared emptyDir. `peapod pod ps -o wide` shows READY 2/2, Running, RESTARTS 0, AGE, IP, NODE;
        # a second, interactive pod that is removed afterwards (`peapod pod run -it --rm --image localhost/busybox curl-test -- sh`)
        # gets today's date, changing each second, with `wget -qO- http://IP:8080/`.
        apiVersion: v1
        kind: Pod
        metadata:
          name: example-pod
          labels:
            service: example-pod
        spec:
          containers:
          - name: backend
            image: localhost/busybox
            command: ["sh"]
            args: ["-c", "while true; do date > /tmp/index.html; sleep 1; done"]
            volumeMounts:
            - mountPath: /tmp
              name: content-volume
          - name: frontend
            image: localhost/busybox
            command: ["sh"]
            args: ["-c", "cd /var/www && exec httpd -f -p 8080"]
            ports:
            - containerPort: 8080
            volumeMounts:
            - mountPath: /var/www
              name: content-volume
          volumes:
          - name: content-volume
            emptyDir: {}
        """";

    private const string SharedMemory = """"
        # POSIX shared memory, System V IPC and localhost inside the pod: the reader sees the writer's /dev/shm file and its
        # System V objects (`ipcs`), and reaches it on 127.0.0.1:9000. A container of another pod sees none of the three.
        apiVersion: v1
        kind: Pod
        metadata: {name: shared-memory}
        spec:
          containers:
          - name: writer
            image: localhost/tools
            command: ["bash", "-c", "echo hello > /dev/shm/greeting; ipcmk -S 1; ipcmk -M 4096; exec socat TCP-LISTEN:9000,fork,reuseaddr EXEC:'echo from-writer'"]
            securityContext:
              capabilities:
                add: [IPC_LOCK]
          - name: reader
            image: localhost/tools
            command: ["bash", "-c", "sleep infinity"]
        """";

    private const string ReverseProxy = """"
        # A sidecar in front of an application that only listens on localhost: port 8443 of the host answers over TLS with the application's page.
        # The ConfigMap proxy-conf and the Secret proxy-tls come from a second file that whoever runs this makes (`peapod pod run -f objects.yaml -f 03-reverse-proxy.yaml`).
        apiVersion: v1
        kind: Pod
        metadata: {name: proxied-app}
        spec:
          containers:
          - name: app
            image: localhost/tools
            command: ["python3", "-m", "http.server", "--bind", "127.0.0.1", "3000"]
            workingDir: /srv
          - name: proxy
            image: localhost/tools
            command: ["nginx", "-g", "daemon off;", "-c", "/etc/proxy/nginx.conf"]
            ports:
            - {containerPort: 443, hostPort: 8443}
            volumeMounts:
            - {name: conf, mountPath: /etc/proxy, readOnly: true}
            - {name: tls, mountPath: /etc/tls, readOnly: true}
          volumes:
          - name: conf
            configMap: {name: proxy-conf}
          - name: tls
            secret: {secretName: proxy-tls, defaultMode: 0400}
        """";

    private const string StaticSite = """"
        # Three containers in a chain over two volumes: git clones and pulls into the first, a generator watches it and writes
        # the second, a web server serves it. A commit to the repository shows on the page within seconds, with no restart. Before it: a git repository with a .md file at /tmp/site-origin.
        apiVersion: v1
        kind: Pod
        metadata: {name: static-site}
        spec:
          initContainers:
          - name: clone
            image: localhost/tools
            command: ["git", "clone", "file:///origin", "/source/site"]
            volumeMounts:
            - {name: origin, mountPath: /origin, readOnly: true}
            - {name: source, mountPath: /source}
          containers:
          - name: git-sync
            image: localhost/tools
            command: ["bash", "-c", "cd /source/site && while sleep 1; do git pull -q; done"]
            volumeMounts:
            - {name: origin, mountPath: /origin, readOnly: true}
            - {name: source, mountPath: /source}
          - name: generator
            image: localhost/tools
            command: ["bash", "-c", "while sleep 1; do { echo '<html><body><pre>'; cat /source/site/*.md; echo '</pre></body></html>'; } > /site/.new && mv /site/.new /site/index.html; done"]
            volumeMounts:
            - {name: source, mountPath: /source, readOnly: true}
            - {name: site, mountPath: /site}
          - name: web
            image: localhost/tools
            command: ["python3", "-m", "http.server", "--directory", "/site", "80"]
            ports: [{containerPort: 80, hostPort: 8081}]
            volumeMounts:
            - {name: site, mountPath: /site, readOnly: true}
            readinessProbe:
              httpGet: {path: /, port: 80}
              periodSeconds: 1
          volumes:
          - name: origin
            hostPath: {path: /tmp/site-origin, type: Directory}
          - name: source
            emptyDir: {}
          - name: site
            emptyDir: {medium: Memory, sizeLimit: 16Mi}
        """";

    private const string UnixSocket = """"
        # A scraper hands records to a collector over a Unix socket in a shared volume; killing the collector's process makes it
        # restart (RESTARTS 1) while the scraper goes on and loses nothing that it has not been told was taken.
        apiVersion: v1
        kind: Pod
        metadata: {name: scrape-and-collect}
        spec:
          restartPolicy: Always
          containers:
          - name: collector
            image: localhost/tools
            command: ["bash", "-c", "rm -f /run/etl/in.sock; exec socat UNIX-LISTEN:/run/etl/in.sock,fork OPEN:/data/records,creat,append"]
            volumeMounts:
            - {name: socket, mountPath: /run/etl}
            - {name: data, mountPath: /data}
          - name: scraper
            image: localhost/tools
            command: ["bash", "-c", "i=0; while sleep 0.2; do if echo record-$i | socat - UNIX-CONNECT:/run/etl/in.sock; then i=$((i+1)); fi; done"]
            volumeMounts:
            - {name: socket, mountPath: /run/etl}
          volumes:
          - name: socket
            emptyDir: {}
          - name: data
            emptyDir: {}
        """";

    private const string Environment = """"
        # What a container is told about its pod, its node and itself through its environment and files.
        apiVersion: v1
        kind: Pod
        metadata:
          name: told
          namespace: demo
          labels: {tier: backend}
          annotations: {build: "42"}
        spec:
          nodeSelector: {}
          containers:
          - name: main
            image: localhost/busybox
            command: ["sh", "-c", "env; ls -l /etc/podinfo; cat /etc/podinfo/labels; sleep infinity"]
            env:
            - {name: WRITTEN, value: "by hand"}
            - {name: GREETING, value: "$(WRITTEN) on $(NODE_NAME)"}
            - name: POD_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
            - name: POD_NAMESPACE
              valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
            - name: POD_UID
              valueFrom: {fieldRef: {fieldPath: metadata.uid}}
            - name: POD_IP
              valueFrom: {fieldRef: {fieldPath: status.podIP}}
            - name: NODE_NAME
              valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
            - name: TIER
              valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}
            - name: CPU_MILLI
              valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}
            resources:
              requests: {cpu: 100m}
            volumeMounts:
            - {name: podinfo, mountPath: /etc/podinfo}
          volumes:
          - name: podinfo
            downwardAPI:
              items:
              - {path: labels, fieldRef: {fieldPath: metadata.labels}}
              - {path: annotations, fieldRef: {fieldPath: metadata.annotations}}
        """";

    [Fact]
    public void The_example_pod_is_read()
    {
        var pod = Manifests.Pod(ExamplePod);
        Assert.Equal(("example-pod", "default", "example-pod"), (pod.Metadata.Name, pod.Metadata.Namespace, pod.Metadata.Labels!["service"]));
        Assert.Equal(["backend", "frontend"], pod.Spec.Containers.Select(container => container.Name));
        Assert.Equal(["sh"], pod.Spec.Containers[0].Command!);
        Assert.Equal(["-c", "while true; do date > /tmp/index.html; sleep 1; done"], pod.Spec.Containers[0].Args!);
        Assert.Equal([new ContainerPort { Number = 8080, Protocol = PortProtocol.Tcp }], pod.Spec.Containers[1].Ports);
        Assert.Equal([new VolumeMount { Name = "content-volume", MountPath = "/var/www" }], pod.Spec.Containers[1].VolumeMounts);
        Assert.Equal([new Volume { Name = "content-volume", EmptyDir = new() }], pod.Spec.Volumes);
        Assert.Equal(QosClass.BestEffort, QosClass.Of(pod));
    }

    [Fact]
    public void The_pod_that_shares_memory_is_read()
    {
        var pod = Manifests.Pod(SharedMemory);
        Assert.Equal(["IPC_LOCK"], pod.Spec.Containers[0].SecurityContext!.Capabilities!.Add);
        Assert.Equal("sleep infinity", pod.Spec.Containers[1].Command![2]);
        Assert.Empty(pod.Spec.Volumes);
    }

    [Fact]
    public void The_pod_with_a_unix_socket_is_read()
    {
        var pod = Manifests.Pod(UnixSocket);
        Assert.Equal(RestartPolicy.Always, pod.Spec.RestartPolicy);
        Assert.Equal(["/run/etl", "/data"], pod.Spec.Containers[0].VolumeMounts.Select(mount => mount.MountPath));
        var script = pod.Spec.Containers[1].Command![2];
        Assert.Contains("i=$((i+1))", script, StringComparison.Ordinal);
        Assert.Equal(script, VariableExpansion.Expand(script, new Dictionary<string, string>()));
    }

    [Fact]
    public void The_reverse_proxy_with_its_configMap_and_its_secret_is_read()
    {
        var volumes = Manifests.Pod(ReverseProxy).Spec.Volumes;
        Assert.Equal(("proxy-conf", "proxy-tls"), (volumes[0].ConfigMap!.Name, volumes[1].Secret!.SecretName));
        Assert.All(volumes, static volume => Assert.Null(volume.EmptyDir));
    }

    [Fact]
    public void The_static_site_with_its_init_container_and_its_probe_is_read()
    {
        var pod = Manifests.Pod(StaticSite);
        Assert.Equal("clone", Assert.Single(pod.Spec.InitContainers).Name);
        Assert.Equal(1, pod.Spec.Containers[2].ReadinessProbe!.PeriodSeconds);
    }

    [Fact]
    public void The_environment_with_what_it_is_told_is_read()
    {
        var pod = Manifests.Pod(Environment);
        Assert.Equal("metadata.labels['tier']", pod.Spec.Containers[0].Env[7].ValueFrom!.FieldRef!.FieldPath);
        Assert.Equal(Quantity.Parse("1m"), pod.Spec.Containers[0].Env[8].ValueFrom!.ResourceFieldRef!.Divisor);
        Assert.Equal(["labels", "annotations"], pod.Spec.Volumes[0].DownwardAPI!.Items.Select(item => item.Path));
    }

    [Fact]
    public void All_examples_in_one_file_are_read_together()
    {
        var documents = ManifestReader.Read("f", string.Join("\n---\n", ExamplePod, SharedMemory, UnixSocket));
        Assert.Equal(["example-pod", "shared-memory", "scrape-and-collect"], documents.Pods.Select(pod => pod.Metadata.Name));
        Assert.Empty(documents.Warnings);
    }
}
