using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod label</c> and <c>pod annotate</c>: set and remove labels or annotations of pods, as kubectl's.</summary>
internal sealed class LabelCommand
{
    private readonly Kind kind;
    private readonly PodSelection selection;
    private readonly Option<bool> overwrite = new("--overwrite") { Description = "also those that have another value" };
    private readonly Option<bool> list = new("--list") { Description = "print what there is afterwards" };
    private readonly Option<bool> all = new("--all") { Description = "all pods of the namespace" };
    private readonly Argument<string[]> arguments = new("POD|KEY=VALUE|KEY-")
    {
        Description = "pods, and what they get: KEY=VALUE sets, KEY- removes", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods },
    };

    private LabelCommand(Kind kind)
    {
        this.kind = kind;
        selection = new PodSelection(parsed => Split(parsed).Names);
    }

    internal static Command MakeLabel() => Make(new("label", "label", "labeled", "unlabeled", static metadata => metadata.Labels, static (metadata, values) => metadata with { Labels = values }, NameRules.LabelValue), """
        set and remove labels of pods

          peapod pod label web tier=front
          peapod pod label web tier-                   removes it
          peapod pod label --overwrite -l app=shop tier=back
        """);

    internal static Command MakeAnnotate() => Make(new("annotate", "annotation", "annotated", "annotated", static metadata => metadata.Annotations, static (metadata, values) => metadata with { Annotations = values }, static _ => null), """
        set and remove annotations of pods

          peapod pod annotate web owner="the shop's team"
          peapod pod annotate web owner-               removes it
        """);

    private static Command Make(Kind kind, string help)
    {
        var made = new LabelCommand(kind);
        var command = new Command(kind.Command, help) { made.overwrite, made.list, made.all, made.selection.Selector, made.selection.AllNamespaces, made.arguments };
        command.SetAction(made.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (names, set, removed) = Split(parsed);
        if (set.Count + removed.Count == 0 && !parsed.GetValue(list))
        {
            throw new PodException($"at least one {kind.Noun} update is required: KEY=VALUE or KEY-");
        }

        if (names.Count == 0 && parsed.GetValue(selection.Selector) is null && !parsed.GetValue(all))
        {
            throw new PodException("POD, -l LABELS or --all: which pods are meant is missing");
        }

        foreach (var (key, value) in set)
        {
            Check(key, value);
        }

        return selection.Read(parsed).Aggregate(0, (exitCode, pod) => exitCode | EachPod.Do([pod.Folders.Name], _ => Change(parsed, pod.Folders, set, removed)));
    }

    private void Change(ParseResult parsed, PodFolders folders, Dictionary<string, string> set, HashSet<string> removed)
    {
        SupervisorProcess.TakeOver(folders);
        using var change = PodChange.Begin(folders);
        var live = change.Live;
        var values = new Dictionary<string, string>(kind.Of(live.Metadata) ?? new Dictionary<string, string>());
        foreach (var (key, value) in set)
        {
            if (!parsed.GetValue(overwrite) && values.TryGetValue(key, out var had) && had != value)
            {
                throw new PodException($"'{key}' already has a value ({had}), and --overwrite is false");
            }

            values[key] = value;
        }

        foreach (var key in removed)
        {
            if (!values.Remove(key))
            {
                Console.WriteLine($"{kind.Noun} \"{key}\" not found.");
            }
        }

        var update = PodUpdate.Of(live, live with { Metadata = kind.With(live.Metadata, values.Count > 0 ? values : null) });
        if (update.IsChange)
        {
            change.Write(update.Next);
        }

        Console.WriteLine($"pod/{folders.Name} {(!update.IsChange ? $"not {kind.Done}" : set.Count == 0 ? kind.Undone : kind.Done)}");
        if (parsed.GetValue(list))
        {
            Console.Write(string.Concat(values.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $" {pair.Key}={pair.Value}\n")));
        }
    }

    private void Check(string key, string value)
    {
        if (NameRules.QualifiedName(key) is { } wrong)
        {
            throw new PodException($"{kind.Noun} \"{key}\": {wrong}");
        }

        if (kind.RuleOfValue(value) is { } bad)
        {
            throw new PodException($"{kind.Noun} \"{key}={value}\": {bad}");
        }
    }

    /// <summary>The arguments apart: names, what is set, what is removed. The word pod before names means nothing.</summary>
    private (List<string> Names, Dictionary<string, string> Set, HashSet<string> Removed) Split(ParseResult parsed)
    {
        var (names, set, removed) = (new List<string>(), new Dictionary<string, string>(), new HashSet<string>());
        foreach (var argument in parsed.GetValue(arguments) ?? [])
        {
            if (argument.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                if (!set.TryAdd(argument[..equals], argument[(equals + 1)..]))
                {
                    throw new PodException($"{kind.Noun} \"{argument[..equals]}\" is given twice");
                }
            }
            else if (argument.Length > 1 && argument.EndsWith('-'))
            {
                removed.Add(argument[..^1]);
            }
            else if (names.Count > 0 || argument is not ("pod" or "pods" or "po"))
            {
                names.Add(argument);
            }
        }

        return set.Keys.FirstOrDefault(removed.Contains) is { } both ? throw new PodException($"can not both modify and remove the {kind.Noun} \"{both}\" in the same command") : (names, set, removed);
    }

    /// <summary>What labels and annotations differ by.</summary>
    private sealed record Kind(
        string Command,
        string Noun,
        string Done,
        string Undone,
        Func<ObjectMeta, IReadOnlyDictionary<string, string>?> Of,
        Func<ObjectMeta, IReadOnlyDictionary<string, string>?, ObjectMeta> With,
        Func<string, string?> RuleOfValue);
}
