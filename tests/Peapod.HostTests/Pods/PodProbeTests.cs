using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Probes and hooks.</summary>
public sealed class PodProbeTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run(string name, string spec)
    {
        var result = bed.RunSpec(name, spec);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
    }

    private bool IsReady(string pod) => (bool)bed.Container(pod)["ready"]!;

    private IEnumerable<(string Reason, string Message)> Events(string pod) => File.ReadAllLines($"{bed.RunOf(pod)}/events.jsonl").Select(static line => JsonNode.Parse(line)!).Select(static node => ((string)node["reason"]!, (string)node["message"]!));

    private void UntilEvent(string pod, string reason, string message) => PodBed.Until(() => Events(pod).Contains((reason, message)), () => $"{reason} {message}: {string.Join("; ", Events(pod))}");

    [Fact]
    [Field("spec.containers[].readinessProbe.exec")]
    public void Readiness_follows_the_answers_of_a_command()
    {
        Run("ready", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"], readinessProbe: {exec: {command: [sh, -c, "echo no file >&2; test -e /ok"]}, periodSeconds: 1, failureThreshold: 1}}
            """);

        UntilEvent("ready", "Unhealthy", "Readiness probe failed: no file");
        Assert.Matches("ready   0/1     Running   0 ", bed.Done("ps"));
        bed.Done("exec", "ready", "--", "touch", "/ok");
        PodBed.Until(() => IsReady("ready"), "it is ready");
        Assert.Equal("True", (string)bed.Status("ready")["conditions"]![2]!["status"]!);
        bed.Done("exec", "ready", "--", "rm", "/ok");
        PodBed.Until(() => !IsReady("ready"), "it is not ready any more");
        Assert.Equal(0, bed.Restarts("ready"));
    }

    [Fact]
    [Field("spec.containers[].livenessProbe.httpGet", "spec.containers[].livenessProbe.terminationGracePeriodSeconds")]
    public void A_container_whose_liveness_probe_fails_is_restarted()
    {
        Run("alive", """
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "mkdir /w; touch /w/health; trap 'echo asked; exit 7' TERM; httpd -p 8080 -h /w; while true; do sleep 0.05; done"]
                ports: [{name: web, containerPort: 8080}]
                livenessProbe: {httpGet: {port: web, path: /health}, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 5}
            """);
        Thread.Sleep(2500);
        Assert.Equal(0, bed.Restarts("alive"));

        bed.Done("exec", "alive", "--", "rm", "/w/health");

        PodBed.Until(() => bed.Restarts("alive") == 1, "it is restarted");
        Assert.Equal((7, "Error"), ((int)bed.Container("alive")["lastState"]!["terminated"]!["exitCode"]!, (string)bed.Container("alive")["lastState"]!["terminated"]!["reason"]!));
        UntilEvent("alive", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404");
        UntilEvent("alive", "Killing", "Container c failed liveness probe, will be restarted");
    }

    [Fact]
    [Field("spec.containers[].startupProbe.tcpSocket")]
    public void The_start_up_probe_goes_before_the_others()
    {
        Run("slow", """
              terminationGracePeriodSeconds: 0
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "sleep 1.2; mkdir /w; exec httpd -f -p 80 -h /w"]
                startupProbe: {tcpSocket: {port: 80}, periodSeconds: 1, failureThreshold: 20}
                livenessProbe: {exec: {command: [test, -d, /w]}, periodSeconds: 1, failureThreshold: 1}
            """);
        Assert.False((bool)bed.Container("slow")["started"]!);

        PodBed.Until(() => (bool)bed.Container("slow")["started"]!, "it has started");

        Assert.True(IsReady("slow"));
        Assert.Equal(0, bed.Restarts("slow"));
        Assert.DoesNotContain(Events("slow"), static happened => happened.Message.StartsWith("Liveness", StringComparison.Ordinal));
    }

    [Fact]
    [Field("spec.containers[].startupProbe")]
    public void A_container_that_does_not_start_in_time_is_restarted()
    {
        Run("never", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"], startupProbe: {tcpSocket: {port: 81}, periodSeconds: 1, failureThreshold: 1}}
            """);

        PodBed.Until(() => bed.Restarts("never") == 1, "it is restarted");

        UntilEvent("never", "Unhealthy", $"Startup probe failed: dial tcp {bed.Ip("never")}:81: Connection refused");
    }

    [Fact]
    [Field("spec.containers[].livenessProbe.tcpSocket", "spec.containers[].readinessProbe.tcpSocket", "spec.containers[].ports[].name")]
    public void A_port_that_is_not_listened_on_any_more_makes_unready_and_restarts()
    {
        Run("port", """
              terminationGracePeriodSeconds: 0
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "nc -ll -p 7000 -e true & echo $! > /first; nc -ll -p 7001 -e true & echo $! > /second; sleep 100"]
                ports: [{name: first, containerPort: 7000}, {name: second, containerPort: 7001}]
                livenessProbe: {tcpSocket: {port: first}, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1}
                readinessProbe: {tcpSocket: {port: second}, periodSeconds: 1, failureThreshold: 1}
            """);
        PodBed.Until(() => IsReady("port"), "it is ready");

        bed.Done("exec", "port", "--", "sh", "-c", "kill $(cat /second)");
        PodBed.Until(() => !IsReady("port"), "it is not ready any more");
        UntilEvent("port", "Unhealthy", $"Readiness probe failed: dial tcp {bed.Ip("port")}:7001: Connection refused");
        Assert.Equal(0, bed.Restarts("port"));

        bed.Done("exec", "port", "--", "sh", "-c", "kill $(cat /first)");
        PodBed.Until(() => bed.Restarts("port") == 1, "it is restarted");
        UntilEvent("port", "Unhealthy", $"Liveness probe failed: dial tcp {bed.Ip("port")}:7000: Connection refused");
    }

    [Fact]
    [Field("spec.containers[].readinessProbe.timeoutSeconds", "spec.containers[].readinessProbe.httpGet")]
    public void A_server_that_is_silent_is_not_ready_after_the_timeout()
    {
        Run("silent", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [nc, -ll, -p, "80", -e, sleep, "100"], readinessProbe: {httpGet: {port: 80}, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1}}
            """);

        UntilEvent("silent", "Unhealthy", $"Readiness probe failed: Get \"http://{bed.Ip("silent")}:80/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        Assert.False(IsReady("silent"));
    }

    [Fact]
    [Field("spec.containers[].livenessProbe.exec", "spec.containers[].livenessProbe.timeoutSeconds")]
    public void A_command_that_hangs_is_killed_at_its_timeout_and_the_supervisor_goes_on()
    {
        Run("hangs", """
              restartPolicy: Never
              terminationGracePeriodSeconds: 0
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "while true; do echo tick; sleep 0.05; done"]
                livenessProbe: {exec: {command: [sleep, "77"]}, timeoutSeconds: 1, periodSeconds: 1, failureThreshold: 2}
            """);
        PodBed.Until(() => PeapodCommand.Start("pgrep", "-f", "^sleep 77$").ExitCode == 0, "the probe runs");
        var before = bed.Done("logs", "hangs").Length;
        PodBed.Until(() => bed.Done("logs", "hangs").Length > before + 20, "the log goes on");

        PodBed.Until(() => (string)bed.Status("hangs")["phase"]! == "Failed", "it is killed");

        Assert.Equal(137, bed.ExitCode("hangs"));
        Assert.NotEqual(0, PeapodCommand.Start("pgrep", "-f", "^sleep 77$").ExitCode);
        UntilEvent("hangs", "Unhealthy", "Liveness probe failed: command timed out: \"sleep 77\" timed out after 1s");
    }

    [Fact]
    [Field("spec.containers[].readinessProbe.httpGet")]
    public void A_redirection_on_the_same_host_is_followed_and_headers_are_sent()
    {
        Run("redirect", """
              terminationGracePeriodSeconds: 0
              containers:
              - name: c
                image: localhost/busybox
                command:
                - sh
                - -c
                - |
                  mkdir -p /w/cgi-bin
                  printf '#!/bin/sh\nprintf "Status: 302 Found\\r\\nLocation: /cgi-bin/ask\\r\\n\\r\\n"' > /w/cgi-bin/go
                  printf '#!/bin/sh\nif [ "$HTTP_X_KEY" = open ]; then s=200; else s=503; fi; printf "Status: $s x\\r\\n\\r\\n"' > /w/cgi-bin/ask
                  chmod +x /w/cgi-bin/*
                  exec httpd -f -p 80 -h /w
                readinessProbe: {httpGet: {port: 80, path: /cgi-bin/go, httpHeaders: [{name: X-Key, value: open}]}, periodSeconds: 1}
            """);

        PodBed.Until(() => IsReady("redirect"), () => $"it is ready: {string.Join("; ", Events("redirect"))}");
    }

    [Fact]
    [Field("spec.initContainers")]
    public void A_sidecar_that_is_killed_for_its_start_up_probe_has_not_started()
    {
        Run("held", """
              restartPolicy: Never
              terminationGracePeriodSeconds: 1
              initContainers:
              - {name: s, image: localhost/busybox, restartPolicy: Always, command: [sh, -c, "trap '' TERM; sleep 1000"], startupProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 1}}
              containers: [{name: c, image: localhost/busybox, command: [sleep, "50"]}]
            """);

        PodBed.Until(() => (int)bed.Status("held")["initContainerStatuses"]![0]!["restartCount"]! > 0, "the sidecar is begun anew");

        Assert.DoesNotContain(Events("held"), static told => told.Message.Contains("container c", StringComparison.Ordinal));
    }

    [Fact]
    [Field("spec.containers[].lifecycle.postStart")]
    public void The_next_container_waits_for_a_postStart_hook_and_a_container_whose_hook_fails_is_killed()
    {
        Run("hooks", """
              terminationGracePeriodSeconds: 0
              volumes: [{name: v, emptyDir: {}}]
              containers:
              - {name: a, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /v}], lifecycle: {postStart: {exec: {command: [sh, -c, "sleep 0.3; touch /v/done"]}}}}
              - {name: b, image: localhost/busybox, command: [sh, -c, "ls /v; sleep 100"], volumeMounts: [{name: v, mountPath: /v}]}
              - {name: c, image: localhost/busybox, command: [sleep, "100"], lifecycle: {postStart: {exec: {command: [sh, -c, "echo not so; exit 1"]}}}}
            """);
        Assert.Equal("ContainerCreating", (string?)bed.Container("hooks")["state"]!["waiting"]?["reason"]);

        PodBed.Until(() => bed.Container("hooks", 1)["state"]!["running"] is not null, "the second runs");
        Assert.NotNull(bed.Container("hooks")["state"]!["running"]);
        PodBed.Until(() => bed.Done("logs", "-c", "b", "hooks") == "done\n", "the hook was first");
        PodBed.Until(() => (string?)bed.Ended("hooks", 2)?["reason"] == "PostStartHookError", "the third is killed");
        UntilEvent("hooks", "FailedPostStartHook", "PostStartHook failed: not so");
    }

    [Fact]
    [Field("spec.containers[].lifecycle.preStop", "spec.containers[].lifecycle.stopSignal")]
    public void The_preStop_hook_is_done_before_the_stop_signal_and_counts_in_the_grace_period()
    {
        Run("stops", """
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "trap 'echo signal; exit 0' USR1; echo ready; while true; do sleep 0.02; done"]
                lifecycle: {stopSignal: SIGUSR1, preStop: {exec: {command: [sh, -c, "echo hook > /proc/1/fd/1"]}}}
              - name: sleeps
                image: localhost/busybox
                command: [sleep, "100"]
                lifecycle: {preStop: {sleep: {seconds: 30}}}
            """);
        PodBed.Until(() => bed.Done("logs", "-c", "c", "stops") == "ready\n", "it is ready");
        var clock = Stopwatch.StartNew();

        bed.Done("stop", "-t", "1", "stops");

        Assert.Equal("ready\nhook\nsignal\n", bed.Done("logs", "-c", "c", "stops"));
        Assert.InRange(clock.Elapsed.TotalSeconds, 2, 8);
        UntilEvent("stops", "FailedPreStopHook", "PreStopHook failed: it took longer than the grace period");
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "200 OK", true)]
    [InlineData(SslProtocols.Tls13, "200 OK", true)]
    [InlineData(SslProtocols.Tls13, "503 No", false)]
    [Field("spec.containers[].readinessProbe.httpGet.scheme", "spec.containers[].readinessProbe.httpGet.host")]
    public void An_https_probe_takes_any_certificate(SslProtocols protocol, string status, bool good)
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=nobody", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.Now.AddYears(-2), DateTimeOffset.Now.AddYears(-1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = protocol });
                using var reader = new StreamReader(stream);
                Assert.Equal("GET /tls HTTP/1.1", await reader.ReadLineAsync());
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
            }
        });
        Run("tls", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"], readinessProbe: {httpGet: {scheme: HTTPS, host: 127.0.0.1, port: PORT, path: /tls}, periodSeconds: 1, timeoutSeconds: 5}}
            """.Replace("PORT", $"{((IPEndPoint)listener.LocalEndpoint).Port}", StringComparison.Ordinal));

        if (good)
        {
            PodBed.Until(() => IsReady("tls"), "it is ready");
        }
        else
        {
            UntilEvent("tls", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503");
        }

        Assert.False(server.IsFaulted);
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:99999/\r\n\r\n", "dial tcp: address 99999: invalid port")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n", "malformed HTTP response \"HTTP/1.1 2x0 OK\"")]
    [Field("spec.containers[].readinessProbe.httpGet")]
    public void An_answer_that_makes_no_sense_fails_the_probe_and_the_supervisor_lives_on(string answer, string why)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer));
            }
        });
        Run("evil", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"], readinessProbe: {httpGet: {host: 127.0.0.1, port: PORT}, periodSeconds: 1}}
            """.Replace("PORT", $"{((IPEndPoint)listener.LocalEndpoint).Port}", StringComparison.Ordinal));
        var supervisor = bed.Supervisor("evil");

        PodBed.Until(() => Events("evil").Any(happened => happened.Message.Contains(why, StringComparison.Ordinal)), () => string.Join("; ", Events("evil")));

        Assert.Equal(supervisor, bed.Supervisor("evil"));
        Assert.True(PodBed.IsAlive(supervisor));
    }

    [Fact]
    [Field("spec.containers[].readinessProbe.httpGet.scheme")]
    public void A_server_that_does_not_speak_tls_is_told_as_that()
    {
        Run("plain", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [httpd, -f, -p, "80"], readinessProbe: {httpGet: {scheme: HTTPS, port: 80}, periodSeconds: 1}}
            """);

        PodBed.Until(() => Events("plain").Any(happened => happened.Message.StartsWith($"Readiness probe failed: Get \"https://{bed.Ip("plain")}:80/\": ", StringComparison.Ordinal)), "it is told");
        Assert.False(IsReady("plain"));
    }

    [Fact]
    [Field("spec.containers[].readinessProbe.grpc", "spec.containers[].livenessProbe.grpc")]
    public async Task A_grpc_probe_asks_the_health_service()
    {
        var statuses = new ConcurrentQueue<byte>([2, 1]);
        var asked = new ConcurrentBag<string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static options => options.Listen(IPAddress.Any, 8079, static listen => listen.Protocols = HttpProtocols.Http2));
        await using var server = builder.Build();
        server.MapPost("/grpc.health.v1.Health/Check", async (HttpContext context) =>
        {
            var request = new MemoryStream();
            await context.Request.Body.CopyToAsync(request);
            asked.Add(Encoding.UTF8.GetString(request.ToArray().AsSpan(7)));
            context.Response.ContentType = "application/grpc";
            var status = statuses.Count > 1 && statuses.TryDequeue(out var next) ? next : (byte)1;
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 8, status });
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await server.StartAsync();
        Run("grpc", """
              hostNetwork: true
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"], readinessProbe: {grpc: {port: 8079, service: shop}, periodSeconds: 1}, livenessProbe: {grpc: {port: 8078}, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 2}}
            """);

        PodBed.Until(() => IsReady("grpc"), () => $"it is ready: {string.Join("; ", Events("grpc"))}");
        UntilEvent("grpc", "Unhealthy", "Readiness probe failed: service unhealthy (responded with \"NOT_SERVING\")");
        Assert.All(asked, static service => Assert.Equal("shop", service));
        PodBed.Until(() => bed.Restarts("grpc") == 1, "where no server answers, it is restarted");
        bed.Done("rm", "-f", "grpc");
    }
}
