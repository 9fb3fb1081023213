using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Store;
using Peapod.Pod.Volumes;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod delete</c>: pods, stopped within their grace period, and other objects; as kubectl's.</summary>
internal sealed class DeleteCommand
{
    private const string Help = """
        delete pods, each stopped within its grace period, and other objects

          peapod pod delete web db                  pods by name
          peapod pod delete -f web.yaml             what a manifest has: pods, ConfigMaps, Secrets, claims; --only-pods
          peapod pod delete -l app=web -A           pods by their labels
          peapod pod delete configmap settings      also: secret, pvc, runtimeclass
          peapod pod delete pvc data --with-data    without it the data stay, for a claim of the same name
          peapod pod delete web --now               a grace period of one second; --force: none
        """;

    private readonly ManifestFiles files = new();
    private readonly Option<string?> selector = new("--selector", "-l") { Description = "the pods with these labels", HelpName = "LABELS" };
    private readonly Option<bool> all = new("--all") { Description = "all pods of the namespace" };
    private readonly Option<bool> allNamespaces = new("--all-namespaces", "-A") { Description = "with --all or -l: the pods of all namespaces" };
    private readonly Option<long?> grace = new("--grace-period") { Description = "seconds between the stop signal and KILL (the manifest's terminationGracePeriodSeconds, which a negative number means too)", HelpName = "SECONDS" };
    private readonly Option<bool> now = new("--now") { Description = "as --grace-period=1" };
    private readonly Option<bool> force = new("--force") { Description = "as --grace-period=0" };
    private readonly Option<bool> onlyPods = new("--only-pods") { Description = "of a manifest only the pods" };
    private readonly Option<bool> withData = new("--with-data") { Description = "of a claim the data, too" };
    private readonly Option<bool> ignore = new("--ignore-not-found") { Description = "that one is not there is no error" };

    private readonly Argument<string[]> names = new("NAME")
    {
        Description = "pods, or a kind (configmap, secret, pvc) and names, or KIND/NAME", Arity = ArgumentArity.ZeroOrMore, CompletionSources = { CompletionWords.Pods },
    };

    internal static Command Make()
    {
        var delete = new DeleteCommand();
        var command = new Command("delete", Help) { delete.selector, delete.all, delete.allNamespaces, delete.grace, delete.now, delete.force, delete.ignore, delete.onlyPods, delete.withData, delete.names };
        delete.files.AddTo(command);
        command.SetAction(delete.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var given = parsed.GetValue(names) ?? [];
        var ways = (given.Length > 0 ? 1 : 0) + (files.AreGiven(parsed) ? 1 : 0) + (parsed.GetValue(selector) is null ? 0 : 1) + (parsed.GetValue(all) ? 1 : 0);
        if (ways != 1)
        {
            throw new PodException(ways == 0 ? "NAME, -f FILE, -l LABELS or --all: what shall be deleted is missing" : "NAME, -f, -l and --all: only one of them can say what shall be deleted");
        }

        if (parsed.GetValue(allNamespaces) && parsed.GetValue(selector) is null && !parsed.GetValue(all))
        {
            throw new PodException("-A: goes with --all and -l only");
        }

        if (parsed.GetValue(grace) is > int.MaxValue and var seconds)
        {
            throw new PodException($"--grace-period {seconds}: expected at most {int.MaxValue} seconds");
        }

        var space = parsed.GetValue(HostOptions.Namespace)!;
        if (files.AreGiven(parsed))
        {
            return files.Read(parsed).Aggregate(0, (exitCode, documents) => exitCode | Delete(parsed, documents));
        }

        return given.Length > 0 ? DeleteNamed(parsed, space, given) : DeleteSelected(parsed, space);
    }

    /// <summary>The pods first: what they use goes after them.</summary>
    private int DeleteNamed(ParseResult parsed, string space, string[] given)
    {
        var kind = given.Length > 1 ? ObjectKinds.TryParse(given[0]) : null;
        var wanted = new List<(ObjectKinds Kind, string Name)>();
        foreach (var text in kind is null ? given : given[1..])
        {
            wanted.Add(kind is not null ? (kind, text) : text.Split('/') is [var word, var name] ? (ObjectKinds.TryParse(word) ?? ObjectKinds.Pod, name) : (ObjectKinds.Pod, text));
        }

        var exitCode = DeletePods(parsed, wanted.Where(static one => one.Kind == ObjectKinds.Pod).Select(one => (space, one.Name)));
        foreach (var (its, name) in wanted.Where(static one => one.Kind != ObjectKinds.Pod))
        {
            exitCode |= EachPod.Do([name], _ => Delete(parsed, its, space, name));
        }

        return exitCode;
    }

    private int DeletePods(ParseResult parsed, IEnumerable<(string Space, string Name)> pods)
    {
        var host = HostOptions.Host(parsed);
        long? seconds = parsed.GetValue(force) ? 0 : parsed.GetValue(now) ? 1 : parsed.GetValue(grace) is >= 0 and var given ? given : null;
        var passesOver = parsed.GetValue(ignore);
        PodEnd.WarnOfNetwork(host);
        return PodsAtOnce.Do(
            pods,
            pod => HostOptions.TryFind(host, pod.Space, pod.Name) ?? (passesOver ? null : throw NotFound(ObjectKinds.Pod, pod.Name)),
            folders =>
            {
                PodEnd.Delete(folders, seconds);
                return $"{ObjectKinds.Pod.Singular} \"{folders.Name}\" deleted";
            });
    }

    private static PodException NotFound(ObjectKinds kind, string name) => new($"{kind.Plural} \"{name}\" not found");

    private int DeleteSelected(ParseResult parsed, string space)
    {
        var wanted = parsed.GetValue(selector) is { } text ? LabelSelector.Parse(text) : null;
        var anywhere = parsed.GetValue(allNamespaces);
        var pods = HostOptions.Host(parsed).Pods().Where(folders => (anywhere || folders.Namespace == space) && (wanted is null || HasLabels(folders, wanted))).ToList();
        if (pods.Count == 0)
        {
            Console.Error.WriteLine("No resources found");
            return 0;
        }

        return DeletePods(parsed, pods.Select(static folders => (folders.Namespace, folders.Name)));
    }

    /// <summary>Of a pod whose manifest cannot be read nobody knows.</summary>
    private static bool HasLabels(PodFolders folders, LabelSelector wanted)
    {
        var pod = PodView.ReadOnly(folders);
        if (pod.Damage is { } damage)
        {
            Damages.Tell($"pod \"{folders.Name}\": {damage}");
        }

        return wanted.Matches(pod.Manifest.Metadata);
    }

    /// <inheritdoc cref="DeleteNamed"/>
    private int Delete(ParseResult parsed, ManifestDocuments documents)
    {
        var exitCode = DeletePods(parsed, documents.Pods.Select(static pod => (pod.Metadata.Namespace!, pod.Metadata.Name)));
        if (parsed.GetValue(onlyPods))
        {
            return exitCode;
        }

        foreach (var (kind, metadata) in (IEnumerable<(ObjectKinds, Objects.ObjectMeta)>)
        [
            .. documents.ConfigMaps.Select(static map => (ObjectKinds.ConfigMap, map.Metadata)),
            .. documents.Secrets.Select(static secret => (ObjectKinds.Secret, secret.Metadata)),
            .. documents.PersistentVolumeClaims.Select(static claim => (ObjectKinds.Claim, claim.Metadata)),
            .. documents.RuntimeClasses.Select(static its => (ObjectKinds.RuntimeClass, its.Metadata with { Namespace = ManifestDefaults.Namespace })),
        ])
        {
            exitCode |= EachPod.Do([metadata.Name], name => Delete(parsed, kind, metadata.Namespace!, name));
        }

        return exitCode;
    }

    private void Delete(ParseResult parsed, ObjectKinds kind, string space, string name)
    {
        if (!TryDelete(parsed, kind, space, name))
        {
            if (!parsed.GetValue(ignore))
            {
                throw NotFound(kind, name);
            }

            return;
        }

        Console.WriteLine($"{kind.Singular} \"{name}\" deleted");
    }

    private bool TryDelete(ParseResult parsed, ObjectKinds kind, string space, string name)
    {
        var host = HostOptions.Host(parsed);
        // What cannot be a name must not become a path.
        if (kind == ObjectKinds.Claim && parsed.GetValue(withData) && NameRules.Dns1123Subdomain(name) is null && NameRules.Dns1123Label(space) is null)
        {
            ClaimFolder.Remove(host, space, name);
        }

        return new ObjectStore(host).Remove(space, kind.Kind, name);
    }
}
