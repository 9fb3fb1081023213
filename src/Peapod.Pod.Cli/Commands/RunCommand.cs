using System.CommandLine;
using System.Text;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod run</c>: pods of a manifest, or one made from an image.</summary>
internal static class RunCommand
{
    /// <summary>Of a container whose end nobody saw.</summary>
    private const int UnknownExitCode = 255;

    internal static Command Make()
    {
        var files = new Option<string[]>("--filename", "-f") { Description = "manifest file, - for standard input; repeatable" };
        var image = new Option<string?>("--image") { Description = "make a pod of one container from this image" };
        var stdin = new Option<bool>("--stdin", "-i") { Description = "keep its standard input open, and attach" };
        var tty = new Option<bool>("--tty", "-t") { Description = "give it a terminal, and attach" };
        var remove = new Option<bool>("--rm") { Description = "wait for its end, and remove it then" };
        var env = new Option<string[]>("--env") { Description = "NAME=value; repeatable" };
        var port = new Option<string[]>("--port") { Description = "[[HOSTIP:]HOSTPORT:]PORT[/PROTOCOL]; repeatable" };
        var lenient = new Option<bool>("--lenient") { Description = "unknown fields of a manifest are warnings" };
        var name = new Argument<string?>("NAME") { Description = "the pod's name, with --image", Arity = ArgumentArity.ZeroOrOne };
        var args = new Argument<string[]>("COMMAND") { Description = "arguments for the image's entry point", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("run", "run the pods of a manifest, or one from an image") { files, image, stdin, tty, remove, env, port, lenient, name, args };
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
                return RunOne(host, pod, parsed.GetValue(stdin) || parsed.GetValue(tty), parsed.GetValue(remove));
            }

            if (parsed.GetValue(files) is not { Length: > 0 } given)
            {
                throw new PodException("-f FILE or --image IMAGE NAME: what shall run is missing");
            }

            return RunFiles(host, given, parsed.GetValue(lenient));
        });
        return command;
    }

    private static int RunFiles(PodHost host, string[] files, bool lenient)
    {
        var pods = new List<PodManifest>();
        var objects = new List<ManifestDocuments>();
        foreach (var file in files)
        {
            var documents = Read(file, lenient);
            foreach (var warning in documents.Warnings)
            {
                Console.Error.WriteLine($"warning: {warning}");
            }

            pods.AddRange(documents.Pods);
            objects.Add(documents);
        }

        // What pods may need is there before the first of them.
        var store = new ObjectStore(host);
        objects.ForEach(documents => store.Apply(documents, Console.WriteLine));

        foreach (var pod in pods)
        {
            Start(host, pod);
            Console.WriteLine($"pod/{pod.Metadata.Name} created");
        }

        return 0;
    }

    private static ManifestDocuments Read(string file, bool lenient)
    {
        try
        {
            var text = file == "-" ? FileSystem.ReadAllBytes(SafeFd.Borrow(0), "standard input") : FileSystem.ReadAllBytes(file);
            return ManifestReader.Read(file == "-" ? "standard input" : file, text, lenient);
        }
        catch (KernelException e)
        {
            throw new PodException($"-f {file}: {KernelException.Describe(e.Error)}", e);
        }
    }

    /// <summary>Writes the pod down and starts its supervisor. What fails leaves nothing.</summary>
    private static PodFolders Start(PodHost host, PodManifest pod)
    {
        var folders = host.FoldersOf(pod.Metadata.Namespace!, pod.Metadata.Name);
        var images = new ImageStore(host.DataRoot);
        foreach (var container in pod.Spec.Containers)
        {
            images.Resolve(container.Image);
        }

        using var creator = host.Add(folders) ?? throw new PodException($"pods \"{pod.Metadata.Name}\" already exists");
        try
        {
            ManifestFile.WriteNew(folders, pod);
            if (RawMode.SizeOf(0) is { } size)
            {
                folders.Write(folders.TerminalSize, Encoding.UTF8.GetBytes($"{size.Rows} {size.Columns}"));
            }

            SupervisorProcess.Start(folders);
            return folders;
        }
        catch
        {
            SupervisorProcess.Remove(folders);
            throw;
        }
    }

    private static int RunOne(PodHost host, PodManifest pod, bool attach, bool remove)
    {
        var folders = Start(host, pod);
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
