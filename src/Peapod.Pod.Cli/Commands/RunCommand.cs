using System.CommandLine;
using Peapod.Container.Foreground;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Output;
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
        var env = new Option<string[]>("--env", "-e") { Description = "an environment variable; repeatable", HelpName = "NAME=VALUE" };
        var port = new Option<string[]>("--port") { Description = "[[HOSTIP:]HOSTPORT:]PORT[/PROTOCOL]; repeatable", HelpName = "PORT" };
        var labels = new Option<string[]>("--labels", "-l") { Description = "NAME=VALUE,...; by default run=NAME", HelpName = "LABELS" };
        var annotations = new Option<string[]>("--annotations") { Description = "NAME=VALUE,...; repeatable", HelpName = "LIST" };
        var limits = new Option<string[]>("--limits") { Description = "cpu=AMOUNT,memory=AMOUNT", HelpName = "LIST" };
        var requests = new Option<string[]>("--requests") { Description = "cpu=AMOUNT,memory=AMOUNT", HelpName = "LIST" };
        var restart = new Option<RestartPolicy?>("--restart") { Description = "Always, OnFailure or Never; by default Always, and Never with -i, -t or --rm", HelpName = "POLICY" };
        var entry = new Option<bool>("--command") { Description = "COMMAND takes the place of the image's entry point" };
        var name = new Argument<string?>("NAME") { Description = "the pod's name, with --image", Arity = ArgumentArity.ZeroOrOne };
        var args = new Argument<string[]>("COMMAND") { Description = "arguments for the image's entry point, behind --", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("run", Help) { image, stdin, tty, remove, entry, env, port, labels, annotations, limits, requests, restart, name, args };
        var dryRun = new DryRun();
        var output = OutputFormat.Option();
        dryRun.AddTo(command);
        command.Options.Add(output);
        DetachOption.AddTo(command);
        files.AddTo(command);
        PodDecisions.AddTo(command);
        command.SetAction(parsed =>
        {
            var host = HostOptions.Host(parsed);
            if (parsed.GetValue(image) is { } reference)
            {
                if (files.AreGiven(parsed))
                {
                    throw new PodException("-f and --image: only one of them can say what shall run");
                }

                var pod = RunManifest.Build(new RunRequest
                {
                    Name = parsed.GetValue(name) ?? throw new PodException("NAME: a pod from an image needs a name"),
                    Image = reference,
                    Namespace = parsed.GetValue(HostOptions.Namespace),
                    Arguments = parsed.GetValue(args) ?? [],
                    Env = parsed.GetValue(env) ?? [],
                    Ports = parsed.GetValue(port) ?? [],
                    Labels = RunRequest.KeyValues("--labels", parsed.GetValue(labels) ?? []),
                    Annotations = RunRequest.KeyValues("--annotations", parsed.GetValue(annotations) ?? []),
                    Limits = RunRequest.KeyValues("--limits", parsed.GetValue(limits) ?? []),
                    Requests = RunRequest.KeyValues("--requests", parsed.GetValue(requests) ?? []),
                    RestartPolicy = parsed.GetValue(restart),
                    ReplaceEntryPoint = parsed.GetValue(entry),
                    Stdin = parsed.GetValue(stdin),
                    Tty = parsed.GetValue(tty),
                    Remove = parsed.GetValue(remove),
                });
                return dryRun.Of(parsed) is not DryRunKind.None and var kind ? Try(host, [pod], PodDecisions.Of(parsed), kind, parsed.GetValue(output)) : RunOne(host, pod, PodDecisions.Of(parsed), parsed.GetValue(stdin) || parsed.GetValue(tty), parsed.GetValue(remove), DetachOption.Read(parsed));
            }

            if (parsed.GetValue(name) is { } unused)
            {
                throw new PodException($"NAME \"{unused}\": goes with --image; a manifest has its own names");
            }

            if (files.AreGiven(parsed) && dryRun.Of(parsed) is not DryRunKind.None and var dry)
            {
                var documents = files.Read(parsed);
                ObjectsOf.Apply(host, documents, dry);
                return Try(host, [.. documents.SelectMany(static objects => objects.Pods)], PodDecisions.Of(parsed), dry, parsed.GetValue(output));
            }

            return files.AreGiven(parsed) ? RunFiles(host, files.Read(parsed), PodDecisions.Of(parsed)) : throw new PodException("-f FILE or --image IMAGE NAME: what shall run is missing");
        });
        return command;
    }

    /// <summary>Says what would be made, or prints it, and makes nothing.</summary>
    private static int Try(PodHost host, List<PodManifest> pods, PodDecisions decisions, DryRunKind kind, string? output)
    {
        var format = OutputFormat.Parse(output);
        foreach (var pod in pods)
        {
            if (HostOptions.TryFind(host, pod.Metadata.Namespace!, pod.Metadata.Name) is not null)
            {
                throw new PodException($"pods \"{pod.Metadata.Name}\" already exists");
            }

            if (kind == DryRunKind.Server)
            {
                PodStart.Check(host, pod, decisions);
            }

            if (format.IsTable || format.IsName)
            {
                Console.WriteLine(format.IsName ? $"pod/{pod.Metadata.Name}" : $"pod/{pod.Metadata.Name} created{DryRun.Suffix(kind)}");
            }
        }

        if (!format.IsTable && !format.IsName)
        {
            format.Write(pods.ConvertAll(ManifestWriter.ToJsonNode), isOne: pods.Count == 1);
        }

        return 0;
    }

    private static int RunFiles(PodHost host, List<ManifestDocuments> documents, PodDecisions decisions)
    {
        // What pods may need is there before the first of them.
        ObjectsOf.Apply(host, documents);
        List<(PodManifest Pod, ManifestPlace Place)> pods = [.. documents.SelectMany(static objects => objects.Pods.Zip(objects.Places))];
        foreach (var (pod, place) in pods)
        {
            try
            {
                PodStart.Start(host, pod, decisions, place);
            }
            catch (PodException e) when (pods.Count > 1)
            {
                throw new PodException($"pod \"{pod.Metadata.Name}\": {e.Message}", e) { ExitCode = e.ExitCode };
            }

            Console.WriteLine($"pod/{pod.Metadata.Name} created");
        }

        return 0;
    }

    private static int RunOne(PodHost host, PodManifest pod, PodDecisions decisions, bool attach, bool remove, DetachKeys? keys)
    {
        var folders = PodStart.Start(host, pod, decisions, RunManifest.Tell);
        if (!attach && !remove)
        {
            Console.WriteLine($"pod/{pod.Metadata.Name} created");
            return 0;
        }

        var isLeft = false;
        try
        {
            var container = pod.Spec.Containers[0].Name;
            isLeft = !PodAttachment.Join(folders, container, attach ? SupervisorProcess.Attach(folders, container) : [], keys);
            if (isLeft)
            {
                Console.Error.WriteLine($"\ndetached; \"peapod pod attach -it {folders.Argument}\" comes back, \"peapod pod delete {folders.Argument}\" ends it");
                return 0;
            }

            return WaitForEnd(folders);
        }
        finally
        {
            if (remove && !isLeft)
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
