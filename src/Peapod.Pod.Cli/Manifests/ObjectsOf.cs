using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Store;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>The objects of manifests that are no pods.</summary>
internal static class ObjectsOf
{
    /// <summary>Keeps them, says what became of each, and has the pods that use them look again.</summary>
    internal static void Apply(PodHost host, List<ManifestDocuments> documents)
    {
        var store = new ObjectStore(host);
        foreach (var objects in documents)
        {
            foreach (var podNamespace in store.Apply(objects, Console.WriteLine))
            {
                SupervisorProcess.Reload(host, podNamespace);
            }
        }
    }
}
