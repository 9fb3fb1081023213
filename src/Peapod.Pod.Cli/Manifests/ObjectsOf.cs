using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Store;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>The objects of manifests that are no pods.</summary>
internal static class ObjectsOf
{
    /// <summary>Keeps them, says what became of each, and has the pods that use them look again.</summary>
    /// <param name="host">Where they are kept.</param>
    /// <param name="documents">As read and checked.</param>
    /// <param name="dryRun">What would become of each is said, and nothing is kept.</param>
    internal static void Apply(PodHost host, List<ManifestDocuments> documents, DryRunKind dryRun = DryRunKind.None)
    {
        if (dryRun != DryRunKind.None)
        {
            var dry = new ObjectStore(host) { IsDry = true };
            documents.ForEach(objects => dry.Apply(objects, line => Console.WriteLine(line + DryRun.Suffix(dryRun))));
            return;
        }

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
