using Peapod.Oci.Json;

namespace Peapod.Pod.Supervision.Control;

/// <summary>What a command asks of a pod's supervisor: one JSON object in one message.</summary>
[JsonRecord]
internal sealed partial record ControlRequest
{
    /// <summary>stop, kill, restart, attach or reload.</summary>
    public string Do { get; init => field = value ?? ""; } = "";

    /// <summary>To which container; null for all.</summary>
    public string? Container { get; init; }

    /// <summary>stop, restart: seconds between the stop signal and KILL; null for the manifest's.</summary>
    public long? Grace { get; init; }

    /// <summary>stop: nothing of the pod is kept.</summary>
    public bool Remove { get; init; }

    /// <summary>kill: the signal's number.</summary>
    public int? Signal { get; init; }
}
