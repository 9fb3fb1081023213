using System.CommandLine;
using Peapod.Container.Foreground;
using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Supervision.Runtimes;

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
        var name = new Argument<string>("POD") { CompletionSources = { CompletionWords.Pods } };
        var args = new Argument<string[]>("COMMAND") { Description = "the command and its arguments, behind --", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", Help) { stdin, tty, container, name, args };
        command.SetAction(parsed =>
        {
            var folders = HostOptions.FindSupervised(parsed, parsed.GetValue(name)!);
            var chosen = ContainerChoice.Choose(folders, parsed.GetValue(container));
            var store = new ContainerStore(folders.Containers, folders.Filters);
            if (store.TryRead(chosen) is null)
            {
                throw new PodException($"container {chosen} of pod {folders.Name} is not running");
            }

            var target = Container.Lifecycle.Container.Open(store, chosen);
            var terminal = parsed.GetValue(tty);
            if (RuntimeChoice.TryRead(folders) is { } runtime)
            {
                return OciExec.Run(runtime, folders, chosen, target.ReadSpec().Process! with { Args = parsed.GetValue(args)!, Terminal = terminal, ConsoleSize = null }, terminal || parsed.GetValue(stdin));
            }

            using var attachment = Attachment.Open(terminal);
            using var nothing = FileSystem.Open("/dev/null", Libc.O_RDONLY);
            using var process = target.Execute(new ExecRequest
            {
                Process = Attachment.Sized(target.ReadSpec().Process! with { Args = parsed.GetValue(args)!, Terminal = terminal, ConsoleSize = null }),
                ConsoleSocket = attachment.ConsoleSocket,
                Streams = new StandardStreams(terminal || parsed.GetValue(stdin) ? null : nothing, null, null),
            });
            return attachment.Wait(process.Process).Reported;
        });
        return command;
    }
}
