using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod debug</c>: adds a container to a running pod, to look into it.</summary>
internal sealed class DebugCommand
{
    private const string NamePrefix = "debugger-";
    private const string NameLetters = "bcdfghjklmnpqrstvwxz2456789";
    private const int NameLength = 5;

    private const string Help = """
        add a container to a running pod, to look into it

        It has an image of its own, and the pod's network. With --target it also sees the processes of that container. It stays in the
        pod until the pod goes, and is not started again.

          peapod pod debug -it web --image localhost/busybox
          peapod pod debug -it web --image localhost/busybox --target frontend -- sh
        """;

    private readonly Option<string> image = new("--image") { Description = "the image to look with", Required = true, HelpName = "IMAGE", CompletionSources = { CompletionWords.Images } };
    private readonly Option<bool> stdin = new("--stdin", "-i") { Description = "keep its standard input open, and attach" };
    private readonly Option<bool> tty = new("--tty", "-t") { Description = "give it a terminal, and attach" };
    private readonly Option<string?> target = new("--target") { Description = "the container whose processes it shall see", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers } };
    private readonly Option<string?> container = new("--container", "-c") { Description = "its name; by default debugger- and five letters", HelpName = "NAME" };
    private readonly Option<string[]> env = new("--env", "-e") { Description = "an environment variable; repeatable", HelpName = "NAME=VALUE" };
    private readonly Argument<string> name = new("POD") { Description = "the pod's name", CompletionSources = { CompletionWords.Pods } };
    private readonly Argument<string[]> args = new("COMMAND") { Description = "in place of the image's entry point, behind --", Arity = ArgumentArity.ZeroOrMore };

    internal static Command Make()
    {
        var debug = new DebugCommand();
        var command = new Command("debug", Help) { debug.image, debug.stdin, debug.tty, debug.target, debug.container, debug.env, debug.name, debug.args };
        DetachOption.AddTo(command);
        command.SetAction(debug.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var folders = HostOptions.FindSupervised(parsed, parsed.GetValue(name)!);
        if (StatusFile.TryRead(folders) is { Phase: PodPhase.Succeeded or PodPhase.Failed } over)
        {
            throw new PodException($"cannot debug a completed pod; current phase is {over.Phase}");
        }

        var keys = DetachOption.Read(parsed);
        var pod = ManifestFile.Read(folders);
        var spec = Make(parsed, pod);

        // Nobody else has to wait for the image.
        var brought = PodImages.Bring(folders.Host, spec, mayRename: true);
        using (var change = PodChange.Begin(folders))
        {
            pod = change.Live;
            spec = Make(parsed, pod) with { Image = brought.Image };
            change.Write(pod with { Spec = pod.Spec with { EphemeralContainers = [.. pod.Spec.EphemeralContainers, spec] } });
        }

        if (!spec.Stdin && !spec.Tty)
        {
            return 0;
        }

        WaitUntilBegun(folders, spec.Name);
        if (spec.Tty)
        {
            Console.Error.WriteLine("If you don't see a command prompt, try pressing enter.");
        }

        if (!PodAttachment.Join(folders, spec.Name, SupervisorProcess.Attach(folders, spec.Name), keys))
        {
            Console.Error.WriteLine($"\ndetached; \"peapod pod attach -it {folders.Argument} -c {spec.Name}\" comes back");
            return 0;
        }

        return Find(folders, spec.Name)?.State.Terminated?.ExitCode ?? 0;
    }

    private ContainerSpec Make(ParseResult parsed, PodManifest pod)
    {
        var chosen = parsed.GetValue(container);
        if (chosen is null)
        {
            chosen = NamePrefix + string.Concat(Enumerable.Range(0, NameLength).Select(static _ => NameLetters[Random.Shared.Next(NameLetters.Length)]));
            Console.Error.WriteLine($"Defaulting debug container name to {chosen}.");
        }

        List<ContainerSpec> others = [.. pod.Spec.Containers, .. pod.Spec.InitContainers, .. pod.Spec.EphemeralContainers];
        if (NameRules.Dns1123Label(chosen) is { } wrong)
        {
            throw new PodException($"-c {chosen}: {wrong}");
        }

        if (others.Exists(other => other.Name == chosen))
        {
            throw new PodException($"-c {chosen}: the pod has a container of that name already");
        }

        if (parsed.GetValue(target) is { } meant && !pod.Spec.Containers.Any(other => other.Name == meant))
        {
            throw new PodException($"--target {meant}: container {meant} is not valid for pod {pod.Metadata.Name}; it has: [{string.Join(' ', pod.Spec.Containers.Select(static other => other.Name))}]");
        }

        var command = parsed.GetValue(args);
        return new ContainerSpec
        {
            Name = chosen,
            Image = parsed.GetValue(image)!,
            ImagePullPolicy = ImagePullPolicy.IfNotPresent,
            Command = command is { Length: > 0 } ? command : null,
            Env = [.. (parsed.GetValue(env) ?? []).Select(Variable)],
            Stdin = parsed.GetValue(stdin),
            Tty = parsed.GetValue(tty),
            TargetContainerName = parsed.GetValue(target),
            TerminationMessagePath = "/dev/termination-log",
            TerminationMessagePolicy = TerminationMessagePolicy.File,
        };
    }

    private static EnvVar Variable(string text) => text.IndexOf('=') is > 0 and var equals
        ? new EnvVar { Name = text[..equals], Value = text[(equals + 1)..] }
        : throw new PodException($"--env \"{text}\": expected NAME=value");

    private static void WaitUntilBegun(PodFolders folders, string container)
    {
        using var changes = PodChanges.Open(folders.Host);
        while (true)
        {
            if (!SupervisorProcess.TakeOver(folders))
            {
                throw new PodException($"pod \"{folders.Name}\" is not running");
            }

            switch (Find(folders, container)?.State)
            {
                case { Running: not null } or { Terminated: not null }:
                    return;
                case { Waiting: { Message: { Length: > 0 } message } }:
                    throw new PodException($"container {container}: {message}");
                default:
                    changes.Wait(100);
                    break;
            }
        }
    }

    private static ContainerStatus? Find(PodFolders folders, string container) =>
        StatusFile.TryRead(folders)?.EphemeralContainerStatuses.FirstOrDefault(status => status.Name == container);
}
