using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

/// <summary>A manifest in which every field that has a record stands once: ground for tests that change it.</summary>
public sealed class EveryField
{
    internal const string Manifest = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: whole.pod
          namespace: demo
          labels: {app: web, example.com/tier: back-end}
          annotations: {note: "any text: at all"}
        spec:
          restartPolicy: OnFailure
          terminationGracePeriodSeconds: 5
          activeDeadlineSeconds: 600
          hostname: whole
          subdomain: web
          setHostnameAsFQDN: true
          hostAliases:
          - ip: 10.0.0.1
            hostnames: [a.b, c]
          dnsPolicy: None
          dnsConfig:
            nameservers: [1.1.1.1]
            searches: [example.com]
            options:
            - name: ndots
              value: "2"
          shareProcessNamespace: true
          hostNetwork: false
          hostPID: false
          hostIPC: false
          hostUsers: true
          runtimeClassName: kata
          resources:
            limits: {cpu: 4, memory: 1Gi, hugepages-2Mi: 4Mi}
            requests: {cpu: 3, memory: 512Mi}
          overhead: {memory: 10Mi}
          imagePullSecrets:
          - name: registry
          nodeSelector: {disk: ssd}
          affinity: {nodeAffinity: {}}
          tolerations:
          - operator: Exists
          topologySpreadConstraints:
          - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}
          schedulerName: mine
          priorityClassName: high
          readinessGates:
          - conditionType: a.b/c
          os: {name: linux}
          serviceAccountName: robot
          serviceAccount: robot
          automountServiceAccountToken: false
          enableServiceLinks: false
          preemptionPolicy: Never
          priority: 5
          nodeName: here
          securityContext:
            runAsUser: 1000
            runAsGroup: 2000
            runAsNonRoot: true
            supplementalGroups: [4, 5]
            supplementalGroupsPolicy: Strict
            fsGroup: 3000
            fsGroupChangePolicy: OnRootMismatch
            sysctls:
            - name: net.core.somaxconn
              value: "128"
            seccompProfile:
              type: RuntimeDefault
            seLinuxOptions: {user: u, role: r, type: t, level: s0}
            appArmorProfile:
              type: Localhost
              localhostProfile: mine
          initContainers:
          - name: first
            image: localhost/busybox:1
            restartPolicy: Always
            startupProbe:
              exec:
                command: [a]
          containers:
          - name: main
            image: registry:5000/web:1
            imagePullPolicy: Never
            command: [sh, -c]
            args: ["echo $(A)"]
            workingDir: /srv
            env:
            - name: A
              value: "1"
            - name: B
              valueFrom:
                fieldRef:
                  apiVersion: v1
                  fieldPath: metadata.labels['app']
            - name: C
              valueFrom:
                resourceFieldRef:
                  containerName: main
                  resource: limits.cpu
                  divisor: 1m
            - name: D
              valueFrom:
                configMapKeyRef:
                  name: m
                  key: k
                  optional: true
            - name: E
              valueFrom:
                secretKeyRef:
                  name: s
                  key: k
                  optional: true
            envFrom:
            - prefix: P_
              configMapRef:
                name: m
                optional: true
            - secretRef:
                name: s
                optional: false
            ports:
            - name: http
              containerPort: 80
              hostPort: 8080
              hostIP: 127.0.0.1
              protocol: UDP
            volumeMounts:
            - name: scratch
              mountPath: /scratch
              readOnly: true
              recursiveReadOnly: IfPossible
              mountPropagation: None
              subPath: a/b
            - name: host
              mountPath: /host
              subPathExpr: $(A)
            volumeDevices:
            - name: claim
              devicePath: /dev/disk
            resources:
              limits: {cpu: 1, memory: 64Mi, hugepages-2Mi: 4Mi, ephemeral-storage: 1Gi}
              requests: {cpu: 100m}
            resizePolicy:
            - resourceName: cpu
              restartPolicy: NotRequired
            livenessProbe:
              httpGet:
                path: /health
                port: http
                host: 127.0.0.1
                scheme: HTTPS
                httpHeaders:
                - name: X-A
                  value: b
              initialDelaySeconds: 1
              timeoutSeconds: 2
              periodSeconds: 3
              successThreshold: 1
              failureThreshold: 4
              terminationGracePeriodSeconds: 5
            readinessProbe:
              tcpSocket:
                port: 80
                host: 127.0.0.1
            startupProbe:
              grpc:
                port: 90
                service: s
            lifecycle:
              postStart:
                exec:
                  command: [a]
              preStop:
                sleep:
                  seconds: 1
              stopSignal: SIGQUIT
            terminationMessagePath: /last
            terminationMessagePolicy: FallbackToLogsOnError
            securityContext:
              capabilities:
                add: [NET_ADMIN, cap_sys_time]
                drop: [ALL]
              runAsUser: 0
              runAsGroup: 1
              runAsNonRoot: false
              readOnlyRootFilesystem: true
              allowPrivilegeEscalation: false
              privileged: false
              procMount: Default
              seccompProfile:
                type: Localhost
                localhostProfile: a.json
              seLinuxOptions: {level: s0}
              appArmorProfile:
                type: Unconfined
            stdin: true
            stdinOnce: true
            tty: true
          volumes:
          - name: scratch
            emptyDir:
              medium: Memory
              sizeLimit: 16Mi
          - name: host
            hostPath:
              path: /tmp/x
              type: DirectoryOrCreate
          - name: config
            configMap:
              name: m
              defaultMode: 0400
              optional: true
              items:
              - key: k
                path: p
                mode: 0600
          - name: secret
            secret:
              secretName: s
              defaultMode: 0400
              optional: true
              items:
              - key: k
                path: p
          - name: told
            downwardAPI:
              defaultMode: 0444
              items:
              - path: labels
                mode: 0400
                fieldRef:
                  fieldPath: metadata.labels
              - path: cpu
                resourceFieldRef:
                  containerName: main
                  resource: limits.cpu
          - name: all
            projected:
              defaultMode: 0444
              sources:
              - configMap:
                  name: m
                  optional: true
                  items:
                  - key: k
                    path: a
              - secret:
                  name: s
              - downwardAPI:
                  items:
                  - path: b
                    fieldRef:
                      fieldPath: metadata.uid
          - name: claim
            persistentVolumeClaim:
              claimName: data
              readOnly: true
          - name: files
            image:
              reference: localhost/busybox:1
              pullPolicy: Never
          - name: own
            ephemeral:
              volumeClaimTemplate:
                metadata:
                  labels: {a: b}
                spec:
                  accessModes: [ReadWriteOnce]
                  storageClassName: fast
                  volumeMode: Filesystem
                  resources:
                    requests: {storage: 1Gi}
        """;

    [Fact]
    public void A_manifest_with_every_field_is_read_and_written_and_read_again()
    {
        var json = ManifestWriter.ToJson(Assert.Single(Manifests.AllFields(Manifest).Pods));
        Assert.Equal(json, ManifestWriter.ToJson(Assert.Single(Manifests.AllFields(json).Pods)));
    }

    [Fact]
    public void Every_field_that_has_a_record_is_in_it()
    {
        var text = string.Concat(Manifest.Where(static c => !char.IsWhiteSpace(c)));
        var missing = Names(PodSchema.Pod).Distinct().Where(name => !text.Contains(name + ":", StringComparison.Ordinal)).Order();

        // Ephemeral containers are no part of a new pod; the others belong to claims as they stand for themselves.
        Assert.Equal(["ephemeralContainers", "selector", "targetContainerName", "volumeAttributesClassName", "volumeName"], missing);
    }

    private static IEnumerable<string> Names(RecordSchema schema) => schema.Fields.Where(static field => field.HasRecord && field.Support is not (FieldSupport.Dropped or FieldSupport.LeftOut))
        .SelectMany(static field => new[] { field.Name }.Concat((field.Fields ?? field.Element?.Fields) is { } inner ? Names(inner) : []));
}
