using System.Text;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Layout;

/// <summary>manifest.json: the pod as it was checked when it was made, with its defaults, uid and time of creation. Read back without any check.</summary>
public static class ManifestFile
{
    /// <exception cref="PodException">There is none: the pod is not made yet, or no more; or it is damaged.</exception>
    public static PodManifest Read(PodFolders folders) =>
        TryRead(folders) ?? throw new PodException($"pod \"{folders.Name}\": {folders.Manifest} is missing: the pod is being made, or its maker was killed\n  {folders.Removal}");

    /// <summary>Null when there is none.</summary>
    /// <exception cref="DamagedStateException">It cannot be read.</exception>
    public static PodManifest? TryRead(PodFolders folders) => StateFile.TryRead(folders.Manifest, static json => PodManifest.Parse(json), folders.Removal);

    /// <summary>Writes a new pod down, with a uid of its own.</summary>
    public static void WriteNew(PodFolders folders, PodManifest pod) => Write(folders, pod with
    {
        Metadata = pod.Metadata with { Uid = Guid.NewGuid().ToString(), CreationTimestamp = Timestamp.Now },
    });

    /// <summary>Replaces it.</summary>
    public static void Write(PodFolders folders, PodManifest pod) => folders.Write(folders.Manifest, Encoding.UTF8.GetBytes(ManifestWriter.ToJson(pod)));
}
