using System.CommandLine;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Cli.Diagnosis;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Logs;
using Peapod.Pod.Manifest;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod why</c>: why a pod is not ready, in one sentence, and what to do.</summary>
internal static class WhyCommand
{
    private const int LogLines = 5;

    private const string Help = """
        say why a pod is not Ready, and what to do

        One sentence, with the manifest's line, the remedy and the last lines of the container's log. The exit code is 0 when the pod
        is ready, 1 when it is not.

          peapod pod why web
        """;

    internal static Command Make()
    {
        var name = new Argument<string>("POD") { Description = "the pod's name", CompletionSources = { CompletionWords.Pods } };
        var command = new Command("why", Help) { name };
        command.SetAction(parsed => Tell(PodView.Read(HostOptions.Find(parsed, parsed.GetValue(name)!))));
        return command;
    }

    private static int Tell(PodView pod)
    {
        if (PodVerdict.Of(pod, pod.Damage is null ? EventsCommand.EventsOf(pod.Folders) : []) is not { } verdict)
        {
            Console.WriteLine($"pod/{pod.Name} is Ready");
            return 0;
        }

        Console.WriteLine(Printable.Line($"pod/{pod.Name} is not Ready: {verdict.Sentence}"));
        if (Place(pod, verdict.Field) is { } place)
        {
            Console.WriteLine(Printable.Line($"  {place}"));
        }

        if (verdict.Remedy is { } remedy)
        {
            Console.WriteLine(Printable.Line($"  {remedy}"));
        }

        if (verdict.Container is { } container && LastLines(pod.Folders, container) is { Count: > 0 } lines)
        {
            Console.WriteLine($"  the last lines of \"peapod pod logs {pod.Folders.Argument} -c {container}\":");
            lines.ForEach(static line => Console.WriteLine($"    {Printable.Line(line)}"));
        }

        return 1;
    }

    /// <summary>Where the field stands in the file that the pod was made from; null when that is not there any more, or has no such pod.</summary>
    private static string? Place(PodView pod, string field)
    {
        if (ManifestSource.TryRead(pod.Folders) is not { } file)
        {
            return null;
        }

        try
        {
            var read = ManifestReader.Read(file, FileSystem.ReadInput(file, ManifestReader.MaximumSize), lenient: true);
            var index = read.Pods.ToList().FindIndex(other => other.Metadata.Name == pod.Name);
            return index < 0 ? null : read.Places[index].Find(field);
        }
        catch (Exception e) when (e is KernelException or ManifestException)
        {
            // It has been moved, or changed since: the sentence stands without a line.
            return null;
        }
    }

    private static List<string> LastLines(PodFolders folders, string container)
    {
        using var log = ContainerLog.TryOpen(folders, container, new() { Tail = LogLines });
        var text = new StringBuilder();
        log?.Read((_, part) => text.Append(Encoding.UTF8.GetString(part.Span)));
        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(LogLines)];
    }
}
