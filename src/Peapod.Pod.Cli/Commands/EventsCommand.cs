using System.CommandLine;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Events;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod events</c>: what has happened to pods, as <c>kubectl events</c> prints it.</summary>
internal sealed class EventsCommand
{
    /// <summary>Milliseconds between two looks at the events of watched pods, which are written at their file's end.</summary>
    private const int WatchPause = 200;

    private readonly Option<bool> watch = new("--watch", "-w") { Description = "go on, with a line for each event" };
    private readonly Option<string?> output = OutputFormat.Option();
    private readonly Option<string[]> types = new("--types") { Description = "only these: Normal, Warning; repeatable", HelpName = "TYPE" };
    private readonly Option<bool> noHeaders = new("--no-headers") { Description = "no line of headings" };
    private readonly PodSelection selection = new();

    internal static Command Make()
    {
        var events = new EventsCommand();
        var command = new Command("events", "list what has happened to pods") { events.watch, events.output, events.types, events.noHeaders };
        events.selection.AddTo(command);
        command.SetAction(events.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var format = OutputFormat.Parse(parsed.GetValue(output));
        var found = Read(parsed);
        if (!format.IsTable)
        {
            format.Write(found.ConvertAll(static entry => entry.ToJson()), isOne: false);
            return 0;
        }

        var namespaces = parsed.GetValue(selection.AllNamespaces);
        if (parsed.GetValue(watch))
        {
            return Watch(parsed, found, namespaces);
        }

        if (found.Count == 0)
        {
            Console.Error.WriteLine(namespaces ? "No events found." : $"No events found in {parsed.GetValue(HostOptions.Namespace)} namespace.");
            return 0;
        }

        DescriptorWriter.Output.WriteAsIs(ToText(TabWriter.ForTable(), found, namespaces, !parsed.GetValue(noHeaders)));
        return 0;
    }

    private int Watch(ParseResult parsed, List<Entry> found, bool namespaces)
    {
        var headings = !parsed.GetValue(noHeaders);
        var table = TabWriter.ForTable();
        var seen = new HashSet<Entry>();
        while (true)
        {
            var fresh = found.FindAll(seen.Add);
            if (fresh.Count > 0)
            {
                DescriptorWriter.Output.WriteAsIs(ToText(table, fresh, namespaces, headings));
                headings = false;
            }

            Thread.Sleep(WatchPause);
            found = Read(parsed);
        }
    }

    /// <summary>The oldest first.</summary>
    private List<Entry> Read(ParseResult parsed)
    {
        var wanted = parsed.GetValue(types) ?? [];
        var filter = selection.Filter(parsed);
        var entries = new List<Entry>();
        foreach (var folders in selection.Folders(parsed))
        {
            if (parsed.GetValue(selection.Selector) is not null && !filter(PodView.ReadOnly(folders)))
            {
                continue;
            }

            foreach (var happened in EventsOf(folders))
            {
                if (wanted.Length == 0 || wanted.Contains(happened.Type))
                {
                    entries.Add(new Entry(folders.Namespace, folders.Name, happened));
                }
            }
        }

        return [.. entries.OrderBy(static entry => entry.Event.LastTimestamp)];
    }

    /// <summary>None, having told so, when they cannot be read.</summary>
    internal static IReadOnlyList<PodEvent> EventsOf(PodFolders folders)
    {
        try
        {
            return EventLog.Read(folders);
        }
        catch (DamagedStateException e)
        {
            Damages.Tell($"pod \"{folders.Name}\": {e.Message}");
            return [];
        }
    }

    private static string ToText(TabWriter table, List<Entry> entries, bool namespaces, bool headings)
    {
        if (headings)
        {
            table.Row([.. namespaces ? (string[])["NAMESPACE"] : [], "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
        }

        foreach (var entry in entries)
        {
            table.Row([.. namespaces ? (string[])[entry.Namespace] : [], Seen(entry.Event), entry.Event.Type, entry.Event.Reason, $"Pod/{entry.Pod}", entry.Event.Message.Trim()]);
        }

        var (first, column) = (headings ? 1 : 0, namespaces ? 2 : 1);
        return table.ToText(Colour.IsOn ? (line, cell) => line >= first && cell == column && entries[line - first].Event.Type == "Warning" ? Colour.Yellow : null : null);
    }

    /// <summary>How long ago; and how often, since when.</summary>
    internal static string Seen(PodEvent happened) => happened.Count > 1
        ? $"{Age.Of(happened.LastTimestamp)} (x{happened.Count} over {Age.Of(happened.FirstTimestamp)})"
        : Age.Of(happened.LastTimestamp);

    private sealed record Entry(string Namespace, string Pod, PodEvent Event)
    {
        /// <summary>As far as a Kubernetes v1 Event has it.</summary>
        internal JsonObject ToJson()
        {
            var node = JsonNode.Parse(Event.ToJson())!.AsObject();
            node.Insert(0, "apiVersion", "v1");
            node.Insert(1, "kind", "Event");
            node.Insert(2, "metadata", new JsonObject { ["namespace"] = Namespace });
            var involved = new JsonObject { ["kind"] = "Pod", ["namespace"] = Namespace, ["name"] = Pod };
            if (Event.FieldPath is { } path)
            {
                involved["fieldPath"] = path;
                node.Remove("fieldPath");
            }

            node["involvedObject"] = involved;
            return node;
        }
    }
}
