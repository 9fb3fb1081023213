using System.CommandLine;
using Peapod.Kernel.Files;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Reboot;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod apply</c>: makes what a manifest says so: objects that are not there are made, others changed.</summary>
internal static class ApplyCommand
{
    private const string Help = """
        make pods and other objects be as a manifest says

        What is not there is created. Of a pod that is there its labels and annotations, the processor time and memory of its containers,
        a deadline that comes closer, and tolerations and ephemeral containers that are added change while it runs. A container whose
        image changes is started again with the new one; the others run on. Nothing else can change. --force replaces the pod, then: it
        is stopped within its grace period, and a new one of the same name begins.

          peapod pod apply -f web.yaml
          peapod pod apply -f /etc/peapod/pods
          peapod pod inspect web -o yaml | sed s/blue/green/ | peapod pod apply --force -f -
        """;

    internal static Command Make()
    {
        var files = new ManifestFiles();
        var force = new Option<bool>("--force") { Description = "replace a pod that cannot change so" };
        var dryRun = new DryRun();
        var command = new Command("apply", Help) { force };
        dryRun.AddTo(command);
        files.AddTo(command);
        PodDecisions.AddTo(command);
        command.SetAction(parsed =>
        {
            if (!files.AreGiven(parsed))
            {
                throw new PodException("-f FILE: what shall be applied is missing");
            }

            var documents = files.Read(parsed);
            return dryRun.Of(parsed) is not DryRunKind.None and var kind
                ? Try(HostOptions.Host(parsed), documents, PodDecisions.Of(parsed), parsed.GetValue(force), kind)
                : Apply(HostOptions.Host(parsed), documents, PodDecisions.Of(parsed), parsed.GetValue(force));
        });
        return command;
    }

    private static int Apply(PodHost host, List<ManifestDocuments> documents, PodDecisions decisions, bool force)
    {
        ObjectsOf.Apply(host, documents);
        var exitCode = 0;
        var replaced = new Dictionary<string, (PodManifest Pod, ManifestPlace Place)>();
        foreach (var (pod, place) in documents.SelectMany(static objects => objects.Pods.Zip(objects.Places)))
        {
            exitCode |= EachPod.Do([pod.Metadata.Name], name =>
            {
                if (TryApply(host, pod, place, decisions, force) is { } outcome)
                {
                    Console.WriteLine($"pod/{name} {outcome}");
                }
                else
                {
                    replaced[host.FoldersOf(pod.Metadata.Namespace!, name).Key] = (pod, place);
                }
            });
        }

        return exitCode | PodsAtOnce.Do(replaced.Values, one => host.FoldersOf(one.Pod.Metadata.Namespace!, one.Pod.Metadata.Name), folders =>
        {
            var (pod, place) = replaced[folders.Key];
            PodEnd.Delete(folders, graceSeconds: null);
            PodStart.Start(host, pod, decisions, place, mayRename: false);
            return $"pod/{folders.Name} replaced";
        });
    }

    /// <summary>Says what <see cref="Apply"/> would do, and does nothing.</summary>
    private static int Try(PodHost host, List<ManifestDocuments> documents, PodDecisions decisions, bool force, DryRunKind kind)
    {
        ObjectsOf.Apply(host, documents, kind);
        return documents.SelectMany(static objects => objects.Pods).Aggregate(0, (exitCode, pod) => exitCode | EachPod.Do([pod.Metadata.Name], name =>
            Console.WriteLine($"pod/{name} {Outcome(host, pod, decisions, force, kind)}{DryRun.Suffix(kind)}")));
    }

    private static string Outcome(PodHost host, PodManifest pod, PodDecisions decisions, bool force, DryRunKind kind)
    {
        if (ManifestFile.TryRead(host.FoldersOf(pod.Metadata.Namespace!, pod.Metadata.Name)) is not { } live)
        {
            if (kind == DryRunKind.Server)
            {
                PodStart.Check(host, pod, decisions);
            }

            return "created";
        }

        var update = PodUpdate.Of(live, pod);
        return !update.IsChange ? "unchanged" : update.Refused.Count == 0 ? "configured" : force ? "replaced" : throw update.Refusal();
    }

    /// <returns>What became of it: created, configured or unchanged. Null for a pod that is to be replaced, and can be.</returns>
    private static string? TryApply(PodHost host, PodManifest pod, ManifestPlace place, PodDecisions decisions, bool force)
    {
        var folders = host.FoldersOf(pod.Metadata.Namespace!, pod.Metadata.Name);
        if (FileSystem.TryStat(folders.Manifest) is null)
        {
            PodStart.Start(host, pod, decisions, place, mayRename: false);
            return "created";
        }

        var before = ManifestFile.Read(folders);
        var update = PodUpdate.Of(before, pod);
        if (update.Refused.Count == 0)
        {
            // Nobody else has to wait for the images.
            foreach (var container in PodUpdate.WithNewImages(before.Spec, update.Next.Spec))
            {
                PodImages.Bring(host, container, mayRename: false);
            }
        }

        if (Change(folders, pod, ref update) is { } outcome)
        {
            return outcome;
        }

        if (!force)
        {
            throw update.Refusal();
        }

        // What would keep the new one from its start is known before the old one goes.
        PodImages.Bring(host, pod, mayRename: false);
        return null;
    }

    /// <returns>Null when the pod cannot change so.</returns>
    private static string? Change(PodFolders folders, PodManifest pod, ref PodUpdate update)
    {
        using (var change = PodChange.Begin(folders))
        {
            update = PodUpdate.Of(change.Live, pod);
            if (update.Refused.Count > 0)
            {
                return null;
            }

            if (update.IsChange)
            {
                change.Write(update.Next);
            }
        }

        var started = TryStartAgain(folders);
        return update.IsChange ? "configured" : started ? "started" : "unchanged";
    }

    /// <summary>A pod that a reboot ended runs again when its manifest is applied, as a unit does at boot.</summary>
    private static bool TryStartAgain(PodFolders folders) => PodLeftOvers.ComesBack(folders) && PodAgain.Start(folders, whole: false);
}
