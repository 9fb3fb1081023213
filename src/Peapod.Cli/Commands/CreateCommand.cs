using System.CommandLine;
using Peapod.Container;
using Peapod.Container.Foreground;
using Peapod.Container.Lifecycle;
using Peapod.Container.Notify;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary><c>create</c> and <c>run</c>.</summary>
internal sealed class CreateCommand
{
    private readonly GlobalOptions globals;
    private readonly BundleOption bundle = new();
    private readonly Argument<string> id = LifecycleCommands.Id("a name that no other container of this --root has");
    private readonly Option<string?> consoleSocket = new("--console-socket") { Description = "unix socket that receives the terminal's master side" };
    private readonly Option<string?> pidfdSocket = new("--pidfd-socket") { Description = "unix socket that receives a pidfd of the process" };
    private readonly Option<string?> pidFile = new("--pid-file") { Description = "file to write the process's number to" };
    private readonly Option<bool> noPivot = new("--no-pivot") { Description = "move the root instead of pivoting to it (ramdisk hosts)" };
    private readonly Option<bool> noNewKeyring = new("--no-new-keyring") { Description = "keep the session keyring" };
    private readonly Option<int> preserveFds = new("--preserve-fds") { Description = "pass on that many descriptors after standard error" };
    private readonly Option<bool> detach = new("--detach", "-d") { Description = "return when the process runs" };
    private readonly Option<bool> noSubreaper = new("--no-subreaper") { Description = "do not reap the container's orphans" };
    private readonly Option<bool> keep = new("--keep") { Description = "do not delete the container when it has ended" };

    private CreateCommand(GlobalOptions globals) => this.globals = globals;

    internal static Command Make(GlobalOptions globals)
    {
        var self = new CreateCommand(globals);
        var command = self.Add(new Command("create", "make a container; its process waits for start"));
        command.SetAction(parsed =>
        {
            using var notify = NotifySocket.FromEnvironment(globals.Warn);
            var request = self.Request(parsed, detached: true) with { WaitsForStart = true, Notify = notify };
            using var console = SocketOption.Connect(self.consoleSocket, parsed);
            using var pidfd = SocketOption.Connect(self.pidfdSocket, parsed);
            Container.Lifecycle.Container.Create(globals.Store(parsed), request with { ConsoleSocket = console, PidfdSocket = pidfd }).Process.Dispose();
            return 0;
        });
        return command;
    }

    internal static Command MakeRun(GlobalOptions globals)
    {
        var self = new CreateCommand(globals);
        var command = self.Add(new Command("run", "make a container and run its process"));
        command.Options.Add(self.detach);
        command.Options.Add(self.noSubreaper);
        command.Options.Add(self.keep);
        command.SetAction(self.Run);
        return command;
    }

    private Command Add(Command command)
    {
        command.Arguments.Add(id);
        command.Options.Add(bundle.Option);
        command.Options.Add(bundle.Config);
        command.Options.Add(consoleSocket);
        command.Options.Add(pidfdSocket);
        command.Options.Add(pidFile);
        command.Options.Add(noPivot);
        command.Options.Add(noNewKeyring);
        command.Options.Add(preserveFds);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        using var notify = NotifySocket.FromEnvironment(globals.Warn);
        var detached = parsed.GetValue(detach);
        var request = Request(parsed, detached) with { Notify = notify };
        using var pidfd = SocketOption.Connect(pidfdSocket, parsed);
        request = request with { PidfdSocket = pidfd };
        if (detached)
        {
            using var console = SocketOption.Connect(consoleSocket, parsed);
            var (_, started) = Container.Lifecycle.Container.Create(globals.Store(parsed), request with { ConsoleSocket = console });
            using (started)
            {
                notify?.RelayUntilReady(started.Process, started.Pid);
            }

            return 0;
        }

        if (!parsed.GetValue(noSubreaper))
        {
            Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        }

        request = request with { Spec = Sized(request.Spec), CallerDeletes = !parsed.GetValue(keep) };
        using var attachment = Attachment.Open(request.Spec.Process?.Terminal == true, notify);
        var (container, process) = Container.Lifecycle.Container.Create(globals.Store(parsed), request with { ConsoleSocket = attachment.ConsoleSocket, RelaysTerminal = true, Streams = attachment.Streams });
        using (process)
        {
            var status = attachment.Wait(process.Process);
            if (!parsed.GetValue(keep))
            {
                container.Delete(force: true);
            }

            return status.Reported;
        }
    }

    private CreateRequest Request(ParseResult parsed, bool detached)
    {
        var (path, json, spec) = bundle.Read(parsed);
        CheckConsole(parsed, spec, detached);
        var listening = InheritedDescriptors.Listening();
        return new CreateRequest
        {
            Id = parsed.GetValue(id)!,
            Spec = spec,
            SpecJson = json,
            Bundle = path,
            ListenFds = listening,
            PreserveFds = InheritedDescriptors.Check(parsed.GetValue(preserveFds), listening),
            NoPivot = parsed.GetValue(noPivot),
            NoNewKeyring = parsed.GetValue(noNewKeyring),
            PidFile = parsed.GetValue(pidFile),
            CgroupManager = globals.ManagerOf(parsed),
        };
    }

    private static Spec Sized(Spec spec) => spec.Process is { } process ? spec with { Process = Attachment.Sized(process) } : spec;

    /// <summary>runc's rules: a console socket is for a terminal that nobody here holds, and such a terminal needs one.</summary>
    private void CheckConsole(ParseResult parsed, Spec spec, bool detached)
    {
        var given = !string.IsNullOrEmpty(parsed.GetValue(consoleSocket));
        var terminal = spec.Process?.Terminal == true;
        if (given && !terminal)
        {
            throw new ContainerException("--console-socket: config.json asks for no terminal (process.terminal)");
        }

        if (given && !detached)
        {
            throw new ContainerException("--console-socket: without --detach the terminal is joined to this one");
        }

        if (terminal && detached && !given)
        {
            throw new ContainerException("config.json: process.terminal: a terminal needs --console-socket, so that somebody can hold its other side");
        }
    }
}
