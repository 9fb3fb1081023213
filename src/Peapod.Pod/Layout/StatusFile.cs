using Peapod.Pod.Objects;

namespace Peapod.Pod.Layout;

/// <summary>status.json: what the supervisor last knew of its pod, as the API has it under <c>status</c>.</summary>
public static class StatusFile
{
    private const string Name = "status.json";

    /// <summary>Null before the supervisor has begun.</summary>
    /// <exception cref="DamagedStateException">It cannot be read.</exception>
    public static PodStatus? TryRead(PodFolders folders) => StateFile.TryRead($"{folders.Run}/{Name}", static json => PodStatus.Parse(json), folders.Removal);

    public static void Write(PodFolders folders, PodStatus status) => folders.Write(Name, status.ToJson(indented: true));
}
