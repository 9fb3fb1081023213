using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A question asked of a container again and again: exactly one of its four ways is set.</summary>
[JsonRecord]
public sealed partial record Probe
{
    public ExecAction? Exec { get; init; }

    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    public GrpcAction? Grpc { get; init; }

    /// <summary>Seconds after the start of the container.</summary>
    public int? InitialDelaySeconds { get; init; }

    /// <summary>Seconds for the answer. Set after <see cref="Manifest.ManifestDefaults"/>: 1.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>Seconds from one question to the next. Set after <see cref="Manifest.ManifestDefaults"/>: 10.</summary>
    public int? PeriodSeconds { get; init; }

    /// <summary>Good answers in a row that count. Set after <see cref="Manifest.ManifestDefaults"/>: 1.</summary>
    public int? SuccessThreshold { get; init; }

    /// <summary>Bad answers in a row that count. Set after <see cref="Manifest.ManifestDefaults"/>: 3.</summary>
    public int? FailureThreshold { get; init; }

    /// <summary>Seconds to end in when the probe has failed, in place of the pod's.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }
}
