using Peapod.Pod.Objects;

namespace Peapod.Pod.Layout;

/// <summary>status.json: what the supervisor last knew of its pod, as the API has it under <c>status</c>.</summary>
public static class StatusFile
{
    private const string Name = "status.json";

    /// <summary>Null before the supervisor has begun.</summary>
    public static PodStatus? TryRead(PodFolders folders) =>
        PodFolders.TryRead($"{folders.Run}/{Name}") is { } json ? PodStatus.Parse(json) : null;

    public static void Write(PodFolders folders, PodStatus status) => folders.Write(Name, status.ToJson(indented: true));
}
