using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod run</c>: pods of a manifest, or one made from an image.</summary>
internal static class RunCommand
{
    /// <summary>Of a container whose end nobody saw.</summary>
    private const int UnknownExitCode = 255;

    private const string Help = """
        run the pods of a manifest, or one from an image

        The objects of a manifest beside its pods (ConfigMaps, Secrets, claims) are kept first. A pod that is there already is an error:
        see "pod apply". What cannot be started leaves nothing.

          peapod pod run -f web.yaml
          peapod pod run --image localhost/busybox sleeper -- sleep 1000
          peapod pod run -it --rm --image localhost/busybox shell -- sh
        """;

    internal static Command Make()
    {
        var files = new ManifestFiles();
        var image = new Option<string?>("--image") { Description = "make a pod of one container from this image", HelpName = "IMAGE", CompletionSources = { CompletionWords.Images } };
        var stdin = new Option<bool>("--stdin", "-i") { Description = "keep its standard input open, and attach" };
        var tty = new Option<bool>("--tty", "-t") { Description = "give it a terminal, and attach" };
        var remove = new Option<bool>("--rm") { Description = "wait for its end, and remove it then" };
        var env = new Option<string[]>("--env") { Description = "NAME=value; repeatable" };
        var port = new Option<string[]>("--port") { Description = "[[HOSTIP:]HOSTPORT:]PORT[/PROTOCOL]; repeatable" };
        var name = new Argument<string?>("NAME") { Description = "the pod's name, with --image", Arity = ArgumentArity.ZeroOrOne };
        var args = new Argument<string[]>("COMMAND") { Description = "arguments for the image's entry point", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("run", Help) { image, stdin, tty, remove, env, port, name, args };
        files.AddTo(command);
        PodDecisions.AddTo(command);
        command.SetAction(parsed =>
        {
            var host = HostOptions.Host(parsed);
            if (parsed.GetValue(image) is { } reference)
            {
                var pod = RunManifest.Build(new RunRequest
                {
                    Name = parsed.GetValue(name) ?? throw new PodException("NAME: a pod from an image needs a name"),
                    Image = reference,
                    Namespace = parsed.GetValue(HostOptions.Namespace),
                    Arguments = parsed.GetValue(args) ?? [],
                    Env = parsed.GetValue(env) ?? [],
                    Ports = parsed.GetValue(port) ?? [],
                    Stdin = parsed.GetValue(stdin),
                    Tty = parsed.GetValue(tty),
                    Remove = parsed.GetValue(remove),
                });
                return RunOne(host, pod, PodDecisions.Of(parsed), parsed.GetValue(stdin) || parsed.GetValue(tty), parsed.GetValue(remove));
            }

            return files.AreGiven(parsed) ? RunFiles(host, files.Read(parsed), PodDecisions.Of(parsed)) : throw new PodException("-f FILE or --image IMAGE NAME: what shall run is missing");
        });
        return command;
    }

    private static int RunFiles(PodHost host, List<ManifestDocuments> documents, PodDecisions decisions)
    {
        // What pods may need is there before the first of them.
        ObjectsOf.Apply(host, documents);
        foreach (var pod in documents.SelectMany(static objects => objects.Pods))
        {
            PodStart.Start(host, pod, decisions);
            Console.WriteLine($"pod/{pod.Metadata.Name} created");
        }

        return 0;
    }

    private static int RunOne(PodHost host, PodManifest pod, PodDecisions decisions, bool attach, bool remove)
    {
        var folders = PodStart.Start(host, pod, decisions);
        if (!attach && !remove)
        {
            Console.WriteLine($"pod/{pod.Metadata.Name} created");
            return 0;
        }

        try
        {
            var container = pod.Spec.Containers[0].Name;
            PodAttachment.Join(folders, container, attach ? SupervisorProcess.Attach(folders, container) : []);
            return WaitForEnd(folders);
        }
        finally
        {
            if (remove)
            {
                SupervisorProcess.Remove(folders);
            }
        }
    }

    private static int WaitForEnd(PodFolders folders)
    {
        while (SupervisorProcess.TakeOver(folders) && StatusFile.TryRead(folders) is not { Phase: PodPhase.Succeeded or PodPhase.Failed })
        {
            Thread.Sleep(5);
        }

        return StatusFile.TryRead(folders)?.ContainerStatuses[0].State.Terminated?.ExitCode ?? UnknownExitCode;
    }
}
