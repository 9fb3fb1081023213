using System.CommandLine;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod get</c>: the objects of a kind, as <c>kubectl get</c> prints them.</summary>
internal sealed class GetCommand
{
    private const string None = "<none>";

    private readonly Option<string?> output = OutputFormat.Option();
    private readonly Option<bool> noHeaders = new("--no-headers") { Description = "no line of headings" };
    private readonly Option<bool> allNamespaces = new("--all-namespaces", "-A") { Description = "the objects of all namespaces" };
    private readonly Option<string?> selector = new("--selector", "-l") { Description = "only objects with these labels" };
    private readonly Argument<string> kind = new("KIND") { Description = "pods, configmaps (cm), secrets or persistentvolumeclaims (pvc); KIND/NAME is one of them", HelpName = "KIND" };
    private readonly Argument<string[]> names = new("NAME") { Description = "their names; all when there are none", Arity = ArgumentArity.ZeroOrMore };

    internal static Command Make()
    {
        var get = new GetCommand();
        get.kind.CompletionSources.Add(ObjectKinds.Words);
        var command = new Command("get", "list pods, configmaps, secrets or persistentvolumeclaims") { get.output, get.noHeaders, get.allNamespaces, get.selector, get.kind, get.names };
        command.SetAction(get.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var format = OutputFormat.Parse(parsed.GetValue(output));
        var word = parsed.GetValue(kind)!.Split('/');
        var meant = ObjectKinds.TryParse(word[0]) ?? throw new PodException($"the server doesn't have a resource type \"{word[0]}\"\n  expected {string.Join(", ", ObjectKinds.Words)}");
        List<string> wanted = [.. word[1..], .. parsed.GetValue(names) ?? []];
        var found = Find(parsed, meant, wanted);
        if (format.IsName)
        {
            found.ForEach(item => Console.WriteLine($"{meant.Singular}/{item.Metadata.Name}"));
        }
        else if (!format.IsTable)
        {
            Console.Write(format.Print(found.ConvertAll(static item => item.ToJson()), wanted.Count == 1));
        }
        else if (found.Count == 0)
        {
            Console.Error.WriteLine(parsed.GetValue(allNamespaces) ? "No resources found" : $"No resources found in {parsed.GetValue(HostOptions.Namespace)} namespace.");
        }
        else
        {
            Console.Write(ToText(meant, found, parsed.GetValue(allNamespaces), !parsed.GetValue(noHeaders)));
        }

        return 0;
    }

    private List<Item> Find(ParseResult parsed, ObjectKinds meant, List<string> wanted)
    {
        var filter = parsed.GetValue(selector) is { } text ? LabelSelector.Parse(text) : null;
        var host = HostOptions.Host(parsed);
        var store = new ObjectStore(host);
        var space = parsed.GetValue(HostOptions.Namespace)!;
        if (wanted.Count > 0)
        {
            return wanted.ConvertAll(name => Read(parsed, store, meant, space, name) ?? throw new PodException($"{meant.Plural} \"{name}\" not found"));
        }

        var pods = host.Pods();
        IEnumerable<string> spaces = meant != ObjectKinds.RuntimeClass && parsed.GetValue(allNamespaces) ? pods.Select(static pod => pod.Namespace).Union(store.Namespaces()).Order(StringComparer.Ordinal) : [space];
        var items = new List<Item>();
        foreach (var each in spaces)
        {
            var all = meant == ObjectKinds.Pod ? pods.Where(pod => pod.Namespace == each).Select(static pod => pod.Name) : store.Names(each, meant.Kind);
            items.AddRange(all.Select(name => Read(parsed, store, meant, each, name)).OfType<Item>().Where(item => filter is null || filter.Matches(item.Metadata)));
        }

        return items;
    }

    private static Item? Read(ParseResult parsed, ObjectStore store, ObjectKinds meant, string space, string name)
    {
        if (meant == ObjectKinds.Pod)
        {
            return HostOptions.TryFind(HostOptions.Host(parsed), space, name) is { } folders ? OfPod(PodView.Read(folders)) : null;
        }

        return meant == ObjectKinds.ConfigMap ? (store.TryReadConfigMap(space, name) is { } map ? Of(map) : null)
            : meant == ObjectKinds.Secret ? (store.TryReadSecret(space, name) is { } secret ? Of(secret) : null)
            : meant == ObjectKinds.RuntimeClass ? (store.TryReadRuntimeClass(name) is { } its ? Of(its) : null)
            : store.TryReadClaim(space, name) is { } claim ? Of(claim) : null;
    }

    private static Item OfPod(PodView pod) => new(pod.Manifest.Metadata with { Namespace = pod.Folders.Namespace }, pod.ToJson, PodColumns(pod));

    private static string[] PodColumns(PodView pod)
    {
        var summary = PodSummary.Of(pod);
        return [summary.ReadyText, summary.Status, summary.RestartsText, Age.Of(pod.Manifest.Metadata.CreationTimestamp)];
    }

    private static Item Of(ConfigMap map) =>
        new(map.Metadata, () => JsonNode.Parse(map.ToJson())!.AsObject(), [$"{(map.Data?.Count ?? 0) + (map.BinaryData?.Count ?? 0)}", Age.Of(map.Metadata.CreationTimestamp)]);

    private static Item Of(Secret secret) =>
        new(secret.Metadata, () => JsonNode.Parse(secret.ToJson())!.AsObject(), [secret.Type ?? "Opaque", $"{secret.Data?.Count ?? 0}", Age.Of(secret.Metadata.CreationTimestamp)]);

    private static Item Of(PersistentVolumeClaim claim) => new(claim.Metadata, () => JsonNode.Parse(claim.ToJson())!.AsObject(),
    [
        claim.Spec.Resources?.Request("storage") is { } size ? $"{size}" : "", Modes(claim.Spec.AccessModes), claim.Spec.StorageClassName ?? "", Age.Of(claim.Metadata.CreationTimestamp),
    ]);

    private static Item Of(RuntimeClass its) => new(its.Metadata, () => JsonNode.Parse(its.ToJson())!.AsObject(), [its.Handler, Age.Of(its.Metadata.CreationTimestamp)]);

    /// <summary>kubectl's short names.</summary>
    private static string Modes(IReadOnlyList<string> modes) => string.Join(',', modes.Select(static mode => mode switch
    {
        "ReadWriteOnce" => "RWO", "ReadOnlyMany" => "ROX", "ReadWriteMany" => "RWX", "ReadWriteOncePod" => "RWOP", _ => mode,
    }));

    private static string ToText(ObjectKinds meant, List<Item> items, bool namespaces, bool headings)
    {
        var table = TabWriter.ForTable();
        string[] titles = meant.Singular switch
        {
            "pod" => ["READY", "STATUS", "RESTARTS", "AGE"],
            "configmap" => ["DATA", "AGE"],
            "secret" => ["TYPE", "DATA", "AGE"],
            "runtimeclass.node.k8s.io" => ["HANDLER", "AGE"],
            _ => ["CAPACITY", "ACCESS MODES", "STORAGECLASS", "AGE"],
        };
        if (headings)
        {
            table.Row([.. namespaces ? (string[])["NAMESPACE"] : [], "NAME", .. titles]);
        }

        foreach (var item in items)
        {
            table.Row([.. namespaces ? (string[])[item.Metadata.Namespace ?? None] : [], item.Metadata.Name, .. item.Cells]);
        }

        return table.ToText();
    }

    private sealed record Item(ObjectMeta Metadata, Func<JsonObject> ToJson, string[] Cells);
}
