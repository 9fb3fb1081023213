using System.CommandLine;
using Peapod.Container;
using Peapod.Container.Foreground;
using Peapod.Container.Lifecycle;
using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Cli.Commands;

/// <summary><c>create</c> and <c>run</c>.</summary>
internal sealed class CreateCommand
{
    private readonly GlobalOptions globals;
    private readonly BundleOption bundle = new();
    private readonly Argument<string> id = LifecycleCommands.Id("a name that no other container of this --root has");
    private readonly Option<string?> consoleSocket = new("--console-socket") { Description = "unix socket that receives the terminal's master side" };
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
            using var console = self.ConnectConsole(parsed);
            var (container, process) = Container.Lifecycle.Container.Create(globals.Store(parsed), self.Request(parsed, console) with { WaitsForStart = true });
            _ = container;
            process.Dispose();
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
        command.Options.Add(consoleSocket);
        command.Options.Add(pidFile);
        command.Options.Add(noPivot);
        command.Options.Add(noNewKeyring);
        command.Options.Add(preserveFds);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        using var console = ConnectConsole(parsed);
        var request = Request(parsed, console);
        if (parsed.GetValue(detach))
        {
            var (_, detached) = Container.Lifecycle.Container.Create(globals.Store(parsed), request);
            detached.Dispose();
            return 0;
        }

        if (!parsed.GetValue(noSubreaper))
        {
            Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        }

        using var attachment = Attachment.Open(request.Spec.Process?.Terminal == true && console is null);
        var (container, process) = Container.Lifecycle.Container.Create(
            globals.Store(parsed), request with { ConsoleSocket = console ?? attachment.ConsoleSocket });
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

    private CreateRequest Request(ParseResult parsed, SafeFd? console)
    {
        var (path, json, spec) = bundle.Read(parsed);
        if (console is not null && spec.Process?.Terminal != true)
        {
            throw new ContainerException("--console-socket: config.json asks for no terminal (process.terminal)");
        }

        return new CreateRequest
        {
            Id = parsed.GetValue(id)!,
            Spec = spec,
            SpecJson = json,
            Bundle = path,
            CgroupManager = globals.CgroupManager(parsed),
            ConsoleSocket = console,
            PreserveFds = InheritedDescriptors.Check(parsed.GetValue(preserveFds)),
            NoPivot = parsed.GetValue(noPivot),
            NoNewKeyring = parsed.GetValue(noNewKeyring),
            PidFile = parsed.GetValue(pidFile),
        };
    }

    private SafeFd? ConnectConsole(ParseResult parsed) => ConsoleSocketOption.Connect(parsed.GetValue(consoleSocket));
}
