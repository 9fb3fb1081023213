using System.Text.Json.Serialization;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>What is known of one container.</summary>
[JsonRecord]
public sealed partial record ContainerStatus
{
    public string Name { get; init => field = value ?? ""; } = "";

    public ContainerState State { get; init => field = value ?? new(); } = new();

    /// <summary>How its last run ended.</summary>
    public ContainerState? LastState { get; init; }

    public bool Ready { get; init; }

    public int RestartCount { get; init; }

    public string Image { get; init => field = value ?? ""; } = "";

    [JsonPropertyName("imageID")]
    public string ImageId { get; init => field = value ?? ""; } = "";

    [JsonPropertyName("containerID")]
    public string? ContainerId { get; init; }

    /// <summary>It runs, its postStart is done and its start-up probe has succeeded.</summary>
    public bool? Started { get; init; }

    /// <summary>What it has now, after a resize.</summary>
    public ResourceRequirements? Resources { get; init; }
}
