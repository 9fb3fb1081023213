using System.CommandLine;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Selection;

/// <summary>Which pods a command is about: those named, or those of a namespace that a selector matches.</summary>
internal sealed class PodSelection
{
    private readonly Func<ParseResult, IReadOnlyList<string>> namesOf;

    internal PodSelection()
    {
        // kubectl's form has the kind before the names.
        namesOf = parsed => parsed.GetValue(Names) switch { null => [], ["pod" or "pods" or "po", _, ..] words => words[1..], var words => words };
    }

    /// <param name="namesOf">Of a command whose arguments are not only names of pods.</param>
    internal PodSelection(Func<ParseResult, IReadOnlyList<string>> namesOf)
    {
        this.namesOf = namesOf;
    }

    internal Option<string?> Selector { get; } = new("--selector", "-l") { Description = "only those with these labels: app=web,tier!=test,env in (a,b),!old", HelpName = "LABELS" };

    internal Option<bool> AllNamespaces { get; } = new("--all-namespaces", "-A") { Description = "those of all namespaces" };

    internal Argument<string[]> Names { get; } = new("POD")
    {
        Description = "the pods' names; all pods when there are none", Arity = ArgumentArity.ZeroOrMore,
    };

    internal void AddTo(Command command)
    {
        command.Options.Add(Selector);
        command.Options.Add(AllNamespaces);
        command.Arguments.Add(Names);
        Names.CompletionSources.Add(CompletionWords.Pods);
    }

    internal IReadOnlyList<string> NamesOf(ParseResult parsed) => namesOf(parsed);

    internal bool HasNames(ParseResult parsed) => namesOf(parsed).Count > 0;

    /// <summary>The pods of the names that are given, as far as they are there.</summary>
    internal List<PodFolders> Present(ParseResult parsed) => [.. namesOf(parsed).Select(name => HostOptions.TryFind(parsed, name)).OfType<PodFolders>()];

    /// <summary>The pods, read; a named one that is not there is an error.</summary>
    internal List<PodView> Read(ParseResult parsed) => Folders(parsed).ConvertAll(PodView.Read).FindAll(Filter(parsed));

    /// <summary>The folders of the pods that may be meant; only their labels are not looked at.</summary>
    internal List<PodFolders> Folders(ParseResult parsed)
    {
        var names = namesOf(parsed);
        if (names.Count == 0)
        {
            return In(parsed);
        }

        if (parsed.GetValue(Selector) is not null)
        {
            throw new PodException("-l: names cannot be given together with a selector");
        }

        return parsed.GetValue(AllNamespaces) ? throw new PodException("-A: a pod cannot be found by its name in all namespaces\n  say its namespace: -n NAMESPACE")
            : [.. names.Select(name => HostOptions.Find(parsed, name))];
    }

    internal Predicate<PodView> Filter(ParseResult parsed)
    {
        if (parsed.GetValue(Selector) is not { } text)
        {
            return static _ => true;
        }

        var selector = LabelSelector.Parse(text);
        return pod => selector.Matches(pod.Manifest.Metadata);
    }

    /// <summary>The sentence for no pod at all.</summary>
    internal string Nothing(ParseResult parsed) =>
        parsed.GetValue(AllNamespaces) ? "No resources found" : $"No resources found in {parsed.GetValue(HostOptions.Namespace)} namespace.";

    private List<PodFolders> In(ParseResult parsed)
    {
        var all = HostOptions.Host(parsed).Pods();
        var wanted = parsed.GetValue(AllNamespaces) ? null : parsed.GetValue(HostOptions.Namespace);
        var found = new List<PodFolders>(all.Count);
        foreach (var folders in all)
        {
            if (wanted is null || folders.Namespace == wanted)
            {
                found.Add(folders);
            }
        }

        return found;
    }
}
