using Peapod.Tests;

namespace Peapod.UnitTests.Manifest.Rules;

public sealed class ProbeRulesTests
{
    [Theory]
    [InlineData("livenessProbe: {}", "livenessProbe: Required value: must specify a handler type")]
    [InlineData("startupProbe: {periodSeconds: 1}", "startupProbe: Required value: must specify a handler type")]
    [InlineData("readinessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}", "readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type")]
    [InlineData("readinessProbe: {httpGet: {port: 1}, grpc: {port: 1}}", "readinessProbe.grpc: Forbidden: may not specify more than 1 handler type")]
    [InlineData("livenessProbe: {exec: {}}", "livenessProbe.exec.command: Required value")]
    [InlineData("livenessProbe: {httpGet: {}}", "livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("livenessProbe: {httpGet: {port: 65536}}", "livenessProbe.httpGet.port: Invalid value: 65536: must be between 1 and 65535, inclusive")]
    [InlineData("livenessProbe: {httpGet: {port: HTTP}}", "livenessProbe.httpGet.port: Invalid value: \"HTTP\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")]
    [InlineData("livenessProbe: {httpGet: {port: ''}}", "livenessProbe.httpGet.port: Invalid value: \"\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")]
    [InlineData("livenessProbe: {httpGet: {port: '80'}}", "livenessProbe.httpGet.port: Invalid value: \"80\": must contain at least one letter (a-z)")]
    [InlineData("livenessProbe: {httpGet: {port: 1, scheme: http}}", "livenessProbe.httpGet.scheme: Unsupported value: \"http\": supported values: \"HTTP\", \"HTTPS\"")]
    [InlineData("livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: 'a b', value: c}]}}", "livenessProbe.httpGet.httpHeaders[0].name: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')")]
    [InlineData("livenessProbe: {tcpSocket: {port: 0}}", "livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("livenessProbe: {grpc: {}}", "livenessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("livenessProbe: {grpc: {port: 1}, initialDelaySeconds: -1}", "livenessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("livenessProbe: {grpc: {port: 1}, timeoutSeconds: -1}", "livenessProbe.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("livenessProbe: {grpc: {port: 1}, periodSeconds: -1}", "livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("readinessProbe: {grpc: {port: 1}, successThreshold: -1}", "readinessProbe.successThreshold: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("livenessProbe: {grpc: {port: 1}, failureThreshold: -1}", "livenessProbe.failureThreshold: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("livenessProbe: {grpc: {port: 1}, successThreshold: 2}", "livenessProbe.successThreshold: Invalid value: 2: must be 1")]
    [InlineData("startupProbe: {grpc: {port: 1}, successThreshold: 2}", "startupProbe.successThreshold: Invalid value: 2: must be 1")]
    [InlineData("livenessProbe: {grpc: {port: 1}, terminationGracePeriodSeconds: 0}", "livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0")]
    [InlineData("readinessProbe: {grpc: {port: 1}, terminationGracePeriodSeconds: 1}", "readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes")]
    [InlineData("lifecycle: {postStart: {}}", "lifecycle.postStart: Required value: must specify a handler type")]
    [InlineData("lifecycle: {preStop: {exec: {command: [a]}, sleep: {seconds: 1}}}", "lifecycle.preStop.sleep: Forbidden: may not specify more than 1 handler type")]
    [InlineData("lifecycle: {preStop: {exec: {command: []}}}", "lifecycle.preStop.exec.command: Required value")]
    [InlineData("lifecycle: {preStop: {sleep: {seconds: 31}}}", "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)")]
    [InlineData("lifecycle: {preStop: {sleep: {seconds: -1}}}", "lifecycle.preStop.sleep: Invalid value: -1: must be non-negative and less than terminationGracePeriodSeconds (30)")]
    [InlineData("lifecycle: {stopSignal: SIGFOO}", "lifecycle.stopSignal: Invalid value: \"SIGFOO\": unknown signal")]
    [Field("spec.containers[].readinessProbe.terminationGracePeriodSeconds")]
    public void A_probe_or_hook_that_breaks_a_rule_is_refused(string line, string error) => Manifests.AssertContainerError(line, error);

    [Theory]
    [InlineData("livenessProbe: {httpGet: {port: web, path: /healthz, host: 10.0.0.1, scheme: HTTPS, httpHeaders: [{name: X-A, value: b c}]}}")]
    [InlineData("readinessProbe: {tcpSocket: {port: 1}, successThreshold: 5}")]
    [InlineData("startupProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 1, successThreshold: 0, timeoutSeconds: 0}")]
    [InlineData("lifecycle: {postStart: {tcpSocket: {port: 1}}, preStop: {sleep: {seconds: 0}}, stopSignal: SIGRTMIN+3}")]
    public void A_probe_or_hook_within_the_rules_is_taken(string line) => Manifests.AllFields(Manifests.WithContainer(line));
}
