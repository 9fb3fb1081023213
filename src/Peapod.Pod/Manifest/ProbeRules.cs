using System.Globalization;
using Peapod.Kernel.Processes;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Probes and hooks.</summary>
internal sealed class ProbeRules(FieldErrors errors)
{
    private readonly PortRules _ports = new(errors);

    /// <param name="container">Whose probes and hooks.</param>
    /// <param name="gracePeriod">Seconds that the pod has to end; null when that is wrong itself.</param>
    /// <param name="path">Where the container stands.</param>
    public void Validate(ContainerSpec container, long? gracePeriod, string path)
    {
        if (container.Lifecycle is { } lifecycle)
        {
            Hook(lifecycle.PostStart, gracePeriod, path + ".lifecycle.postStart");
            Hook(lifecycle.PreStop, gracePeriod, path + ".lifecycle.preStop");
            if (!string.IsNullOrEmpty(lifecycle.StopSignal) && !Signals.TryParse(lifecycle.StopSignal, out _))
            {
                errors.Invalid(path + ".lifecycle.stopSignal", lifecycle.StopSignal, "unknown signal");
            }
        }

        Probe(container.LivenessProbe, path + ".livenessProbe");
        OnlyOneSuccess(container.LivenessProbe, path + ".livenessProbe");
        Probe(container.ReadinessProbe, path + ".readinessProbe");
        if (container.ReadinessProbe?.TerminationGracePeriodSeconds is { } seconds)
        {
            errors.Invalid(path + ".readinessProbe.terminationGracePeriodSeconds", seconds, "must not be set for readinessProbes");
        }

        Probe(container.StartupProbe, path + ".startupProbe");
        OnlyOneSuccess(container.StartupProbe, path + ".startupProbe");
    }

    private void Probe(Probe? probe, string path)
    {
        if (probe is null)
        {
            return;
        }

        var handlers = new HandlerCount(errors, path);
        Common(probe.Exec, probe.HttpGet, probe.TcpSocket, ref handlers, path);
        if (probe.Grpc is { } grpc && handlers.Take("grpc"))
        {
            _ports.Number(grpc.Port, path + ".grpc.port");
        }

        handlers.End();
        errors.NonNegative(probe.InitialDelaySeconds, path + ".initialDelaySeconds");
        errors.NonNegative(probe.TimeoutSeconds, path + ".timeoutSeconds");
        errors.NonNegative(probe.PeriodSeconds, path + ".periodSeconds");
        errors.NonNegative(probe.SuccessThreshold, path + ".successThreshold");
        errors.NonNegative(probe.FailureThreshold, path + ".failureThreshold");
        if (probe.TerminationGracePeriodSeconds is { } seconds and <= 0)
        {
            errors.Invalid(path + ".terminationGracePeriodSeconds", seconds, "must be greater than 0");
        }
    }

    private void OnlyOneSuccess(Probe? probe, string path)
    {
        if (probe?.SuccessThreshold is { } threshold and > 1)
        {
            errors.Invalid(path + ".successThreshold", threshold, "must be 1");
        }
    }

    private void Hook(LifecycleHandler? handler, long? gracePeriod, string path)
    {
        if (handler is null)
        {
            return;
        }

        var handlers = new HandlerCount(errors, path);
        Common(handler.Exec, handler.HttpGet, handler.TcpSocket, ref handlers, path);
        if (handler.Sleep is { } sleep && handlers.Take("sleep") && gracePeriod is { } most && (sleep.Seconds < 0 || sleep.Seconds > most))
        {
            errors.Invalid(path + ".sleep", sleep.Seconds, string.Create(CultureInfo.InvariantCulture, $"must be non-negative and less than terminationGracePeriodSeconds ({most})"));
        }

        handlers.End();
    }

    private void Common(ExecAction? exec, HttpGetAction? httpGet, TcpSocketAction? tcpSocket, ref HandlerCount handlers, string path)
    {
        if (exec is not null && handlers.Take("exec") && exec.Command.Count == 0)
        {
            errors.Required(path + ".exec.command");
        }

        if (httpGet is not null && handlers.Take("httpGet"))
        {
            HttpGet(httpGet, path + ".httpGet");
        }

        if (tcpSocket is not null && handlers.Take("tcpSocket"))
        {
            _ports.Reference(tcpSocket.Port, path + ".tcpSocket.port");
        }
    }

    private void HttpGet(HttpGetAction action, string path)
    {
        _ports.Reference(action.Port, path + ".port");
        for (var i = 0; i < action.HttpHeaders.Count; i++)
        {
            var header = action.HttpHeaders[i];
            var at = SourceLines.Element(path + ".httpHeaders", i);
            errors.Rule(header.Name, at + ".name", NameRules.HttpHeaderName);
        }
    }

    /// <summary>Exactly one way must be named: the second is forbidden, and none is an error of the whole.</summary>
    private ref struct HandlerCount(FieldErrors errors, string path)
    {
        private bool _taken;

        public bool Take(string name)
        {
            if (_taken)
            {
                errors.Forbidden($"{path}.{name}", "may not specify more than 1 handler type");
                return false;
            }

            return _taken = true;
        }

        public readonly void End()
        {
            if (!_taken)
            {
                errors.Required(path, "must specify a handler type");
            }
        }
    }
}
