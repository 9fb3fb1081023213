using System.Text.Json.Serialization;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>It has ended.</summary>
[JsonRecord]
public sealed partial record ContainerStateTerminated
{
    public int ExitCode { get; init; }

    /// <summary>The signal that killed it.</summary>
    public int? Signal { get; init; }

    /// <summary>Completed, Error, OOMKilled, ContainerCannotRun, StartError or ContainerStatusUnknown.</summary>
    public string? Reason { get; init; }

    /// <summary>Its last words: terminationMessagePath.</summary>
    public string? Message { get; init; }

    public DateTime? StartedAt { get; init; }

    public DateTime? FinishedAt { get; init; }

    [JsonPropertyName("containerID")]
    public string? ContainerId { get; init; }
}
