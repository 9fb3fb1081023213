using Peapod.Oci.Json;

namespace Peapod.Pod.Layout;

/// <summary>What the supervisor last knew of its pod; status.json.</summary>
[JsonRecord]
public sealed partial record PodStatus
{
    public string Uid { get; init; } = "";

    /// <summary>Pending, Running, Succeeded or Failed, as Kubernetes has them.</summary>
    public string Phase { get; init; } = "Pending";

    /// <summary>Why it is so, when that needs a word.</summary>
    public string? Reason { get; init; }

    public string? PodIP { get; init; }

    public string? PodIPv6 { get; init; }

    public string? NodeName { get; init; }

    public DateTime Created { get; init; }

    public IReadOnlyList<ContainerState> Containers { get; init; } = [];

    public static PodStatus? TryRead(PodFolders folders) =>
        PodFolders.TryRead($"{folders.Run}/status.json") is { } json ? Parse(json) : null;

    public void Write(PodFolders folders) =>
        folders.Write("status.json", ToJson(indented: true));
}

/// <summary>One container of a pod.</summary>
[JsonRecord]
public sealed partial record ContainerState
{
    public string Name { get; init; } = "";

    public string Image { get; init; } = "";

    /// <summary>Waiting, Running or Terminated.</summary>
    public string State { get; init; } = "Waiting";

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public int Pid { get; init; }

    public int Restarts { get; init; }

    public int? ExitCode { get; init; }

    public DateTime? Started { get; init; }

    public DateTime? Finished { get; init; }
}
