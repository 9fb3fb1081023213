using System.CommandLine;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod ps</c>: the pods, as <c>kubectl get pods</c> prints them.</summary>
internal sealed class PsCommand(PodSelection selection)
{
    /// <summary>Milliseconds after which a watched pod that a killed supervisor left is given a new one.</summary>
    private const int WatchPause = 1000;

    private readonly Option<string?> output = OutputFormat.Option();
    private readonly Option<bool> watch = new("--watch", "-w") { Description = "go on, with a line for each change" };
    private readonly Option<bool> labels = new("--show-labels") { Description = "also the labels" };
    private readonly Option<bool> noHeaders = new("--no-headers") { Description = "no line of headings" };
    private readonly ListOptions listed = new();
    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "only the names" };

    internal static Command Make()
    {
        var selection = new PodSelection();
        var ps = new PsCommand(selection);
        var command = new Command("ps", "list the pods") { ps.output, ps.watch, ps.labels, ps.noHeaders, ps.quiet };
        command.Aliases.Add("ls");
        command.Aliases.Add("list");
        selection.AddTo(command);
        ps.listed.AddTo(command);
        command.SetAction(ps.Run);
        return command;
    }

    /// <summary>What "pod get pods" has of it.</summary>
    internal void AddTo(Command command)
    {
        command.Options.Add(output);
        command.Options.Add(watch);
        command.Options.Add(labels);
        command.Options.Add(noHeaders);
        listed.AddTo(command);
        command.Options.Add(selection.Selector);
        command.Options.Add(selection.AllNamespaces);
    }

    internal Option<string?> Output => output;

    internal Option<bool> IsWatched => watch;

    internal Option<bool> ShowLabels => labels;

    internal Option<bool> NoHeaders => noHeaders;

    internal ListOptions Listed => listed;

    internal int Run(ParseResult parsed)
    {
        var format = OutputFormat.Parse(parsed.GetValue(output));
        var pods = Listing(parsed, selection.Read(parsed));
        if (parsed.GetValue(watch))
        {
            return format.IsTable ? Watch(parsed, format, pods) : throw new PodException("-w: goes with the table only, not with -o " + parsed.GetValue(output));
        }

        if (parsed.GetValue(quiet) || format.IsName)
        {
            pods.ForEach(pod => Console.WriteLine(format.IsName ? $"pod/{pod.Name}" : pod.Name));
        }
        else if (!format.IsTable)
        {
            format.Write(pods.ConvertAll(static pod => pod.ToJson()), selection.HasNames(parsed), !parsed.GetValue(noHeaders));
        }
        else if (pods.Count == 0)
        {
            Console.Error.WriteLine(selection.Nothing(parsed));
        }
        else
        {
            DescriptorWriter.Output.WriteAsIs(ToText(TabWriter.ForTable(), pods, Columns(parsed, format), !parsed.GetValue(noHeaders)));
        }

        return 0;
    }

    private TableColumns Columns(ParseResult parsed, OutputFormat format) => new(format.IsWide, parsed.GetValue(selection.AllNamespaces), parsed.GetValue(labels));

    /// <summary>The table; with its headings, or without.</summary>
    private static string ToText(TabWriter table, List<PodView> pods, TableColumns columns, bool headings)
    {
        if (headings)
        {
            table.Row([.. columns.Headings()]);
        }

        var summaries = pods.ConvertAll(PodSummary.Of);
        for (var i = 0; i < pods.Count; i++)
        {
            table.Row([.. columns.Of(pods[i], summaries[i])]);
        }

        var first = headings ? 1 : 0;
        return table.ToText(Colour.IsOn ? (line, column) => line >= first && column == columns.Status ? summaries[line - first].Colour : null : null);
    }

    /// <summary>Prints a line for every pod that looks different, until it is interrupted.</summary>
    private int Watch(ParseResult parsed, OutputFormat format, List<PodView> pods)
    {
        var columns = Columns(parsed, format);
        var table = TabWriter.ForTable();
        var seen = new Dictionary<string, PodSummary>();
        var headings = !parsed.GetValue(noHeaders);
        using var changes = PodChanges.Open(HostOptions.Host(parsed));
        while (true)
        {
            // One that has no manifest yet is shown when it has.
            var changed = pods.FindAll(pod => (pod.Manifest.Metadata.CreationTimestamp is not null || pod.Damage is not null) && (!seen.TryGetValue(pod.Folders.Key, out var before) || before != PodSummary.Of(pod)));
            changed.ForEach(pod => seen[pod.Folders.Key] = PodSummary.Of(pod));
            if (changed.Count > 0)
            {
                DescriptorWriter.Output.WriteAsIs(ToText(table, changed, columns, headings));
                headings = false;
            }

            changes.Wait(WatchPause);
            pods = Read(parsed);
        }
    }

    /// <summary>One that was asked for by its name may have gone meanwhile.</summary>
    private List<PodView> Read(ParseResult parsed) =>
        Listing(parsed, selection.HasNames(parsed) ? selection.Present(parsed).ConvertAll(PodView.Read) : selection.Read(parsed));

    private List<PodView> Listing(ParseResult parsed, List<PodView> pods) => listed.Apply(parsed, pods, "pods", static pod => pod.ToJson());
}

/// <summary>Which columns the table of pods has.</summary>
internal sealed record TableColumns(bool Wide, bool Namespaces, bool Labels)
{
    /// <summary>The place of STATUS.</summary>
    internal int Status => Namespaces ? 3 : 2;

    internal List<string> Headings()
    {
        List<string> cells = Namespaces ? ["NAMESPACE"] : [];
        cells.AddRange(["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
        if (Wide)
        {
            cells.AddRange(["IP", "NODE"]);
        }

        if (Labels)
        {
            cells.Add("LABELS");
        }

        return cells;
    }

    internal List<string> Of(PodView pod, PodSummary summary)
    {
        List<string> cells = Namespaces ? [pod.Folders.Namespace] : [];
        cells.AddRange([pod.Name, summary.ReadyText, summary.Status, summary.RestartsText, Age.Of(pod.Manifest.Metadata.CreationTimestamp)]);
        if (Wide)
        {
            cells.AddRange([pod.Status.PodIP ?? "<none>", PodHost.NodeName]);
        }

        if (Labels)
        {
            cells.Add(Text(pod.Manifest.Metadata));
        }

        return cells;
    }

    /// <summary>The column LABELS.</summary>
    internal static string Text(ObjectMeta metadata)
    {
        if (metadata.Labels is not { Count: > 0 } labels)
        {
            return "<none>";
        }

        var pairs = new List<string>(labels.Count);
        foreach (var (key, value) in labels)
        {
            pairs.Add($"{key}={value}");
        }

        pairs.Sort(StringComparer.Ordinal);
        return string.Join(',', pairs);
    }
}
