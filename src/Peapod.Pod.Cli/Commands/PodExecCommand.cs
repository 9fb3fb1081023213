using System.CommandLine;
using Peapod.Container.Foreground;
using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod exec</c>: a process in a container of a pod, by this process itself.</summary>
internal static class PodExecCommand
{
    internal static Command Make()
    {
        var stdin = new Option<bool>("--stdin", "-i") { Description = "pass on standard input" };
        var tty = new Option<bool>("--tty", "-t") { Description = "give it a terminal" };
        var container = new Option<string?>("--container", "-c") { Description = "which container; by default the first" };
        var name = new Argument<string>("POD");
        var args = new Argument<string[]>("COMMAND") { Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "execute a process in a container of a pod") { stdin, tty, container, name, args };
        command.SetAction(parsed =>
        {
            var folders = HostOptions.FindSupervised(parsed, parsed.GetValue(name)!);
            var target = Container.Lifecycle.Container.Open(new ContainerStore(folders.Containers, folders.Filters), LogsCommand.Choose(folders, parsed.GetValue(container)));
            var terminal = parsed.GetValue(tty);
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
