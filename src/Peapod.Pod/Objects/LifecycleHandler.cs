using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>One thing to do: exactly one is set.</summary>
[JsonRecord]
public sealed partial record LifecycleHandler
{
    public ExecAction? Exec { get; init; }

    public HttpGetAction? HttpGet { get; init; }

    /// <summary>Kubernetes takes it and fails when it is to be done.</summary>
    public TcpSocketAction? TcpSocket { get; init; }

    public SleepAction? Sleep { get; init; }
}
