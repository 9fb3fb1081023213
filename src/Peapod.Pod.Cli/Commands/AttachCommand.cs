using System.CommandLine;
using Peapod.Container.Foreground;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod attach</c>: joins a container that runs, until it has ended.</summary>
internal static class AttachCommand
{
    private const string Help = """
        attach to a running container

        Its output is shown until it has ended or this command is interrupted; the container does not notice. With -i this command's standard
        input becomes the container's, with -it its terminal, both of which the manifest must have asked for: stdin: true, tty: true. A terminal is left
        by ctrl-p ctrl-q (--detach-keys).
        """;

    internal static Command Make()
    {
        var stdin = new Option<bool>("--stdin", "-i") { Description = "pass on standard input" };
        var tty = new Option<bool>("--tty", "-t") { Description = "join the container's terminal" };
        var container = new Option<string?>("--container", "-c") { Description = "which container; by default the first", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers } };
        var name = new Argument<string>("POD") { Description = "the pod's name", CompletionSources = { CompletionWords.Pods } };
        var command = new Command("attach", Help) { stdin, tty, container, name };
        DetachOption.AddTo(command);
        command.SetAction(parsed =>
        {
            var pod = PodView.Read(HostOptions.Find(parsed, parsed.GetValue(name)!));
            var chosen = ContainerChoice.Choose(pod, parsed.GetValue(container), quiet: false);
            Attach(pod, chosen, parsed.GetValue(stdin), parsed.GetValue(tty), DetachOption.Read(parsed));
            return 0;
        });
        return command;
    }

    private static void Attach(PodView pod, string container, bool stdin, bool tty, DetachKeys? keys)
    {
        if (pod.Status.Phase is PodPhase.Succeeded or PodPhase.Failed)
        {
            throw new PodException($"cannot attach a container in a completed pod; current phase is {pod.Status.Phase}");
        }

        CheckRunning(pod, container);
        var spec = Find(pod.Manifest.Spec, container);
        if (stdin && !spec.Stdin)
        {
            throw new PodException($"-i: container {container} has no standard input to attach to\n  its manifest needs stdin: true");
        }

        if (tty && !spec.Tty)
        {
            Console.Error.WriteLine($"error: Unable to use a TTY - container {container} did not allocate one");
        }

        if (spec.Tty || stdin)
        {
            if (spec.Tty)
            {
                Console.Error.WriteLine("If you don't see a command prompt, try pressing enter.");
            }

            var attached = SupervisorProcess.Attach(pod.Folders, container);
            if (attached.Count == 0)
            {
                CheckRunning(PodView.Read(pod.Folders), container);
            }

            if (!PodAttachment.Join(pod.Folders, container, attached, keys, fromNow: true))
            {
                Console.Error.WriteLine("\ndetached");
            }
        }
        else
        {
            PodAttachment.Join(pod.Folders, container, [], keys, fromNow: true);
        }
    }

    private static void CheckRunning(PodView pod, string container)
    {
        var known = pod.ContainerStatuses().FirstOrDefault(status => status.Name == container);
        var why = known?.State switch
        {
            { Terminated: { } end } => $"it has ended with exit code {end.ExitCode}",
            { Waiting: { } waiting } => $"it is waiting to start: {waiting.Message ?? waiting.Reason}",
            _ => null,
        };
        if (why is not null)
        {
            throw new PodException($"cannot attach to container {container} of pod {pod.Name}: {why}\n  \"peapod pod logs {pod.Folders.Argument} -c {container}\" prints what it wrote");
        }
    }

    private static ContainerSpec Find(PodSpec spec, string name)
    {
        foreach (var group in (ReadOnlySpan<IReadOnlyList<ContainerSpec>>)[spec.Containers, spec.InitContainers, spec.EphemeralContainers])
        {
            foreach (var container in group)
            {
                if (container.Name == name)
                {
                    return container;
                }
            }
        }

        throw new PodException($"container {name} is not there");
    }
}
