using System.CommandLine;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod get</c>: the objects of a kind, as <c>kubectl get</c> prints them.</summary>
internal sealed class GetCommand
{
    private const string None = "<none>";

    private const string Help = """
        list pods, configmaps, secrets, persistentvolumeclaims or runtimeclasses

          peapod pod get pods -o wide                as "pod ps -o wide"
          peapod pod get configmaps,secrets -A
          peapod pod get secret login -o jsonpath='{.data.password}'
        """;

    private readonly PodSelection selection;
    private readonly PsCommand pods;
    private readonly Argument<string> kind = new("KIND") { Description = "pods (po), configmaps (cm), secrets, persistentvolumeclaims (pvc) or runtimeclasses, several with commas; KIND/NAME is one of them" };
    private readonly Argument<string[]> names = new("NAME") { Description = "their names; all when there are none", Arity = ArgumentArity.ZeroOrMore };

    private GetCommand()
    {
        selection = new PodSelection(NamesOf);
        pods = new PsCommand(selection);
    }

    internal static Command Make()
    {
        var get = new GetCommand();
        get.kind.CompletionSources.Add(ObjectKinds.Words);
        get.kind.HelpName = "KIND";
        var command = new Command("get", Help) { get.kind, get.names };
        get.pods.AddTo(command);
        command.SetAction(get.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var kinds = Kinds(parsed.GetValue(kind)!.Split('/')[0]);
        if (kinds is [var only] && only == ObjectKinds.Pod)
        {
            return pods.Run(parsed);
        }

        if (parsed.GetValue(pods.IsWatched))
        {
            throw new PodException("-w: only pods can be watched");
        }

        var format = OutputFormat.Parse(parsed.GetValue(pods.Output));
        var wanted = NamesOf(parsed);
        var found = kinds.ConvertAll(meant => (Kind: meant, Items: pods.Listed.Apply(parsed, Find(parsed, meant, wanted), meant.Plural, static item => item.ToJson())));
        if (format.IsName)
        {
            found.ForEach(static group => group.Items.ForEach(item => Console.WriteLine($"{group.Kind.Singular}/{item.Metadata.Name}")));
        }
        else if (!format.IsTable)
        {
            format.Write([.. found.SelectMany(static group => group.Items).Select(static item => item.ToJson())], kinds.Count == 1 && wanted.Count == 1, !parsed.GetValue(pods.NoHeaders));
        }
        else if (found.TrueForAll(static group => group.Items.Count == 0))
        {
            Console.Error.WriteLine(selection.Nothing(parsed));
        }
        else
        {
            Console.Write(string.Join('\n', found.FindAll(static group => group.Items.Count > 0).Select(group => ToText(parsed, group.Kind, group.Items, kinds.Count > 1))));
        }

        return 0;
    }

    private static List<ObjectKinds> Kinds(string words)
    {
        var kinds = new List<ObjectKinds>();
        foreach (var word in words.Split(','))
        {
            kinds.Add((word == "all" ? ObjectKinds.Pod : ObjectKinds.TryParse(word)) ?? throw new PodException(
                word is "events" or "event" or "ev" ? "events are listed by \"peapod pod events\"" : $"the server doesn't have a resource type \"{word}\"\n  expected {string.Join(", ", ObjectKinds.Words)}"));
        }

        return kinds;
    }

    private IReadOnlyList<string> NamesOf(ParseResult parsed) => [.. parsed.GetValue(kind)!.Split('/')[1..], .. parsed.GetValue(names) ?? []];

    private List<Item> Find(ParseResult parsed, ObjectKinds meant, IReadOnlyList<string> wanted)
    {
        var filter = parsed.GetValue(selection.Selector) is { } text ? LabelSelector.Parse(text) : null;
        var host = HostOptions.Host(parsed);
        var store = new ObjectStore(host);
        var space = parsed.GetValue(HostOptions.Namespace)!;
        if (wanted.Count > 0)
        {
            return [.. wanted.Select(name => Read(parsed, store, meant, space, name) ?? throw new PodException($"{meant.Plural} \"{name}\" not found"))];
        }

        var all = host.Pods();
        IEnumerable<string> spaces = meant != ObjectKinds.RuntimeClass && parsed.GetValue(selection.AllNamespaces) ? all.Select(static pod => pod.Namespace).Union(store.Namespaces()).Order(StringComparer.Ordinal) : [space];
        var items = new List<Item>();
        foreach (var each in spaces)
        {
            var there = meant == ObjectKinds.Pod ? all.Where(pod => pod.Namespace == each).Select(static pod => pod.Name) : store.Names(each, meant.Kind);
            items.AddRange(there.Select(name => TryRead(parsed, store, meant, each, name)).OfType<Item>().Where(item => filter is null || filter.Matches(item.Metadata)));
        }

        return items;
    }

    /// <summary>Null, having told so, when it cannot be read.</summary>
    private static Item? TryRead(ParseResult parsed, ObjectStore store, ObjectKinds meant, string space, string name)
    {
        try
        {
            return Read(parsed, store, meant, space, name);
        }
        catch (DamagedStateException e)
        {
            Damages.Tell($"{meant.Singular} \"{name}\": {e.Message}");
            return null;
        }
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
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => mode,
    }));

    /// <param name="prefixed">The names say their kind: there are several.</param>
    private string ToText(ParseResult parsed, ObjectKinds meant, List<Item> items, bool prefixed)
    {
        var table = TabWriter.ForTable();
        var namespaces = parsed.GetValue(selection.AllNamespaces);
        var labels = parsed.GetValue(pods.ShowLabels);
        string[] titles = meant.Singular switch
        {
            "pod" => ["READY", "STATUS", "RESTARTS", "AGE"],
            "configmap" => ["DATA", "AGE"],
            "secret" => ["TYPE", "DATA", "AGE"],
            "runtimeclass.node.k8s.io" => ["HANDLER", "AGE"],
            _ => ["CAPACITY", "ACCESS MODES", "STORAGECLASS", "AGE"],
        };
        if (!parsed.GetValue(pods.NoHeaders))
        {
            Add("NAMESPACE", "NAME", titles, "LABELS");
        }

        foreach (var item in items)
        {
            Add(item.Metadata.Namespace ?? None, prefixed ? $"{meant.Singular}/{item.Metadata.Name}" : item.Metadata.Name, item.Cells, TableColumns.Text(item.Metadata));
        }

        return table.ToText();

        void Add(string space, string name, string[] cells, string label) => table.Row([.. namespaces ? (string[])[space] : [], name, .. cells, .. labels ? (string[])[label] : []]);
    }

    private sealed record Item(ObjectMeta Metadata, Func<JsonObject> ToJson, string[] Cells);
}
