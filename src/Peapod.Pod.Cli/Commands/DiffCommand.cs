using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Peapod.Kernel.Files;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Store;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod diff</c>: what <c>pod apply</c> of a manifest would change, as kubectl's.</summary>
internal static class DiffCommand
{
    /// <summary>The program that compares two folders, as kubectl calls it: a command with its flags.</summary>
    private const string ProgramVariable = "KUBECTL_EXTERNAL_DIFF";
    private const string Program = "diff -u -N";
    private const int FailedExitCode = 2;
    private const uint PrivateFile = 0x180; // 0600

    private const string Help = """
        compare what runs with a manifest: what "pod apply" would change

        The exit code is 0 when nothing differs, 1 when something does, and greater when that cannot be found out. The variable
        KUBECTL_EXTERNAL_DIFF names another program than "diff -u -N", with its flags; it is given two folders. Values of Secrets are masked.

          peapod pod diff -f web.yaml
          KUBECTL_EXTERNAL_DIFF="colordiff -N -u" peapod pod diff -f pods/
        """;

    internal static Command Make()
    {
        var files = new ManifestFiles();
        var command = new Command("diff", Help);
        files.AddTo(command);
        command.SetAction(parsed =>
        {
            try
            {
                return files.AreGiven(parsed) ? Diff(HostOptions.Host(parsed), files.Read(parsed)) : throw new PodException("-f FILE: what to compare with is missing");
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                // 1 says that something differs.
                Report.Error(e);
                return FailedExitCode;
            }
        });
        return command;
    }

    private static int Diff(PodHost host, List<ManifestDocuments> documents)
    {
        using var folder = new TemporaryFolder("peapod-diff");
        var (live, merged) = ($"{folder.Path}/LIVE", $"{folder.Path}/MERGED");
        FileSystem.MakeDirectory(live, PodFolders.PrivateFolder);
        FileSystem.MakeDirectory(merged, PodFolders.PrivateFolder);
        using (var before = FileSystem.OpenDirectory(live))
        using (var after = FileSystem.OpenDirectory(merged))
        {
            foreach (var (name, one, other) in documents.SelectMany(read => Pairs(host, read)))
            {
                Write(before, name, one);
                Write(after, name, other);
            }
        }

        var words = (Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } given ? given : Program).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return HostProgram.Run(words[0], [.. words[1..], live, merged]);
    }

    private static void Write(Kernel.SafeFd folder, string name, JsonObject? one)
    {
        if (one is not null)
        {
            FileSystem.Replace(folder, name, Encoding.UTF8.GetBytes(YamlText.Of(one)), PrivateFile);
        }
    }

    /// <summary>Each object of a manifest by a file's name, as it is, if it is there, and as it would be.</summary>
    private static IEnumerable<(string Name, JsonObject? Live, JsonObject Merged)> Pairs(PodHost host, ManifestDocuments documents)
    {
        var store = new ObjectStore(host);
        foreach (var pod in documents.Pods)
        {
            var live = ManifestFile.TryRead(host.FoldersOf(pod.Metadata.Namespace!, pod.Metadata.Name));
            yield return Pair(ManifestKinds.Pod, pod.Metadata, live is null ? null : ManifestWriter.ToJsonNode(live), ManifestWriter.ToJsonNode(live is null ? pod : PodUpdate.Of(live, pod).Next));
        }

        foreach (var map in documents.ConfigMaps)
        {
            yield return Pair(ManifestKinds.ConfigMap, map.Metadata, Json(store.TryReadConfigMap(map.Metadata.Namespace!, map.Metadata.Name)?.ToJson()), Json(map.ToJson())!);
        }

        foreach (var secret in documents.Secrets)
        {
            var pair = Pair(ManifestKinds.Secret, secret.Metadata, Json(store.TryReadSecret(secret.Metadata.Namespace!, secret.Metadata.Name)?.ToJson()), Json(secret.ToJson())!);
            Mask(pair.Live?["data"] as JsonObject, pair.Merged["data"] as JsonObject);
            yield return pair;
        }

        foreach (var claim in documents.PersistentVolumeClaims)
        {
            yield return Pair(ManifestKinds.PersistentVolumeClaim, claim.Metadata, Json(store.TryReadClaim(claim.Metadata.Namespace!, claim.Metadata.Name)?.ToJson()), Json(claim.ToJson())!);
        }

        foreach (var runtimeClass in documents.RuntimeClasses)
        {
            yield return Pair(ManifestKinds.RuntimeClass, runtimeClass.Metadata, Json(store.TryReadRuntimeClass(runtimeClass.Metadata.Name)?.ToJson()), Json(runtimeClass.ToJson())!);
        }
    }

    private static JsonObject? Json(byte[]? json) => json is null ? null : JsonNode.Parse(json)!.AsObject();

    private static (string Name, JsonObject? Live, JsonObject Merged) Pair(string kind, Objects.ObjectMeta metadata, JsonObject? live, JsonObject merged)
    {
        // What the host gives an object is no change of it.
        foreach (var field in (ReadOnlySpan<string>)["uid", "creationTimestamp"])
        {
            if (live?["metadata"]?[field] is { } given)
            {
                merged["metadata"]![field] = given.DeepClone();
            }
        }

        var version = kind == ManifestKinds.RuntimeClass ? "node.k8s.io.v1" : "v1";
        return ($"{version}.{kind}.{metadata.Namespace}.{metadata.Name}", live, merged);
    }

    /// <summary>As kubectl masks them: that a value differs is shown, and not how.</summary>
    internal static void Mask(JsonObject? live, JsonObject? merged)
    {
        foreach (var key in (live ?? []).Select(static pair => pair.Key).Union((merged ?? []).Select(static pair => pair.Key)).ToList())
        {
            var (before, after) = (live?[key], merged?[key]);
            var differ = before is not null && after is not null && !JsonNode.DeepEquals(before, after);
            if (before is not null)
            {
                live![key] = differ ? "*** (before)" : "***";
            }

            if (after is not null)
            {
                merged![key] = differ ? "*** (after)" : "***";
            }
        }
    }
}
