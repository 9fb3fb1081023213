using System.CommandLine;
using Peapod.Pod.Cli.Description;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod describe</c>: everything about a pod, for people.</summary>
internal sealed class DescribeCommand
{
    private readonly PodSelection selection = new();

    internal static Command Make()
    {
        var describe = new DescribeCommand();
        var command = new Command("describe", "show everything about pods: containers, volumes, conditions, events");
        describe.selection.AddTo(command);
        command.SetAction(describe.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var pods = selection.Read(parsed);
        if (pods.Count == 0)
        {
            Console.Error.WriteLine(selection.Nothing(parsed));
            return 0;
        }

        var nodeName = PodHost.NodeName;
        Console.Write(string.Join("\n\n", pods.Select(pod => ToText(pod, nodeName, EventsCommand.EventsOf(pod.Folders)))));
        return 0;
    }

    internal static string ToText(PodView pod, string nodeName, IReadOnlyList<PodEvent> events)
    {
        var writer = new DescriptionWriter();
        PodDescription.Write(writer, pod, nodeName);
        Events(writer, events);
        return writer.ToText();
    }

    private static void Events(DescriptionWriter writer, IReadOnlyList<PodEvent> events)
    {
        if (events.Count == 0)
        {
            writer.Field(0, "Events", "<none>");
            return;
        }

        writer.Break();
        writer.Line(0, "Events:");
        writer.Line(1, "Type", "Reason", "Age", "From", "Message");
        writer.Line(1, "----", "------", "----", "----", "-------");
        foreach (var happened in events)
        {
            writer.Line(1, happened.Type, happened.Reason, EventsCommand.Seen(happened), "peapod", happened.Message.Trim());
        }
    }
}
