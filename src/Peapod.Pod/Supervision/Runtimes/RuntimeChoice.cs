using Peapod.Container.State;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Shim.Runtimes;

namespace Peapod.Pod.Supervision.Runtimes;

/// <summary>Which runtime makes a pod's containers: runtime.json in the pod's folder, written when the pod was made; without it our own.</summary>
internal static class RuntimeChoice
{
    internal static void Write(PodFolders folders, RuntimeHandler handler) => folders.Write(FileOf(folders), handler.ToJson());

    /// <summary>Null for our own.</summary>
    internal static RuntimeHandler? TryRead(PodFolders folders) => StateFile.TryRead(FileOf(folders), static json => RuntimeHandler.Parse(json), folders.Removal);

    /// <summary>As <see cref="TryRead"/>, for clean-up: null also when it is not known any more which.</summary>
    internal static RuntimeHandler? Recall(PodFolders folders)
    {
        try
        {
            return TryRead(folders);
        }
        catch (DamagedStateException)
        {
            return null;
        }
    }

    /// <summary>For the pod's supervisor.</summary>
    internal static IContainerRuntime Open(PodManifest pod, PodFolders folders)
    {
        var store = new ContainerStore(folders.Containers, folders.Filters);
        return pod.Spec.RuntimeClassName is null || TryRead(folders) is not { } handler ? new OwnRuntime(store) : new OciRuntime(handler, folders, store);
    }

    private static string FileOf(PodFolders folders) => $"{folders.Run}/runtime.json";
}
