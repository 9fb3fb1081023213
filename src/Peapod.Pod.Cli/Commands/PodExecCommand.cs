using System.CommandLine;
using System.CommandLine.Parsing;
using Peapod.Container;
using Peapod.Container.Foreground;
using Peapod.Container.Lifecycle;
using Peapod.Container.State;
using Peapod.Kernel.Interop;
using Peapod.Oci;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Containers;
using Peapod.Pod.Supervision.Runtimes;
using Peapod.Shim.Runtimes;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod exec</c>: a process in a container of a pod, by this process itself.</summary>
internal static class PodExecCommand
{
    private const string Help = """
        execute a process in a container of a pod

        It has the container's environment, user and limits. The exit code is the process's own.

          peapod pod exec web -- ls -l /
          peapod pod exec -it web -c frontend -- sh
        """;

    internal static Command Make()
    {
        var stdin = new Option<bool>("--stdin", "-i") { Description = "pass on standard input" };
        var tty = new Option<bool>("--tty", "-t") { Description = "give it a terminal" };
        var container = new Option<string?>("--container", "-c")
        {
            Description = "which container; by default that of the annotation kubectl.kubernetes.io/default-container, or the first", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers },
        };
        var name = new Argument<string>("POD") { Description = "the pod's name", CompletionSources = { CompletionWords.Pods } };
        var args = new Argument<string[]>("COMMAND") { Description = "the command and its arguments, behind --", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", Help) { stdin, tty, container, name, args };
        DetachOption.AddTo(command);
        command.SetAction(parsed =>
        {
            if (!parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash))
            {
                // Flags of the command would be taken for ours.
                throw new PodException($"the command must stand behind --, so that its flags are not taken for ours\n  peapod pod exec {parsed.GetValue(name)} -- {parsed.GetValue(args)![0]} ...");
            }

            var folders = HostOptions.FindSupervised(parsed, parsed.GetValue(name)!);
            var chosen = ContainerChoice.Choose(folders, parsed.GetValue(container));
            var store = new ContainerStore(folders.Containers, folders.Filters);
            if (store.TryRead(chosen) is null)
            {
                throw new PodException($"container {chosen} of pod {folders.Name} is not running");
            }

            var target = Container.Lifecycle.Container.Open(store, chosen);
            var spec = target.ReadSpec();
            var terminal = parsed.GetValue(tty) && IsTerminal();
            var process = Attachment.Sized(Changed(spec.Process!, parsed.GetValue(args)!, terminal));
            if (RuntimeChoice.TryRead(folders) is { } runtime)
            {
                return terminal ? OciExec.RunOnTerminal(runtime, folders, chosen, process) : OciExec.Run(runtime, folders, chosen, process, parsed.GetValue(stdin), PodAttachment.Told);
            }

            using var attachment = Attachment.OpenPiped(terminal, parsed.GetValue(stdin), DetachOption.Read(parsed));
            using var started = Execute(target, spec, new ExecRequest { Process = process, ConsoleSocket = attachment.ConsoleSocket, Streams = attachment.Streams });
            if (attachment.TryWait(started.Process) is { } status)
            {
                return PodAttachment.Told(attachment, status);
            }

            using var master = attachment.TakeMaster();
            DetachedTerminal.Hold(master!);
            attachment.Dispose();
            Console.Error.WriteLine("\ndetached");
            return 0;
        });
        return command;
    }

    /// <summary>The container's process with another command; on a terminal it knows of what kind that is, as under containerd and CRI-O.</summary>
    private static Process Changed(Process own, string[] args, bool terminal) => own with
    {
        Args = args,
        Terminal = terminal,
        ConsoleSize = null,
        Env = terminal && !own.Env.Any(static variable => variable.StartsWith("TERM=", StringComparison.Ordinal)) ? [.. own.Env, "TERM=xterm"] : own.Env,
    };

    private static ContainerProcess Execute(Container.Lifecycle.Container target, Spec spec, ExecRequest request)
    {
        try
        {
            return target.Execute(request);
        }
        catch (ContainerException e)
        {
            throw ContainerFailure.InManifest(target.Id, spec, e);
        }
    }

    private static bool IsTerminal()
    {
        if (Libc.isatty(0) == 1)
        {
            return true;
        }

        Console.Error.WriteLine("Unable to use a TTY - input is not a terminal or the right kind of file");
        return false;
    }
}
