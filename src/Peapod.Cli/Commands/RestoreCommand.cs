using System.CommandLine;
using Peapod.Container.Criu;
using Peapod.Container.Foreground;
using Peapod.Kernel.Interop;

namespace Peapod.Cli.Commands;

/// <summary><c>restore</c>: a container from the images of its processes.</summary>
internal sealed class RestoreCommand
{
    private readonly GlobalOptions globals;
    private readonly ImageFlags flags = new();
    private readonly BundleOption bundle = new();
    private readonly Argument<string> id = LifecycleCommands.Id("a name that no other container of this --root has");
    private readonly Option<string?> consoleSocket = new("--console-socket") { Description = "unix socket that receives the terminal's master side" };
    private readonly Option<string?> pidFile = new("--pid-file") { Description = "file to write the process's number to" };
    private readonly Option<bool> detach = new("--detach", "-d") { Description = "return when the process runs" };
    private readonly Option<bool> noSubreaper = new("--no-subreaper") { Description = "do not reap the container's orphans" };
    private readonly Option<bool> noPivot = new("--no-pivot") { Description = "accepted for runc's sake: criu takes its own way to the root" };
    private readonly Option<string?> lsmProfile = new("--lsm-profile") { Description = "TYPE:NAME of the profile that takes the place of the images'" };
    private readonly Option<string?> lsmMountContext = new("--lsm-mount-context") { Description = "SELinux label that takes the place of that of the images' mounts" };

    private RestoreCommand(GlobalOptions globals) => this.globals = globals;

    internal static Command Make(GlobalOptions globals)
    {
        var self = new RestoreCommand(globals);
        var command = new Command("restore", "make a container from the images of a checkpoint") { self.id };
        self.flags.AddTo(command);
        command.Options.Add(self.bundle.Option);
        command.Options.Add(self.consoleSocket);
        command.Options.Add(self.pidFile);
        command.Options.Add(self.detach);
        command.Options.Add(self.noSubreaper);
        command.Options.Add(self.noPivot);
        command.Options.Add(self.lsmProfile);
        command.Options.Add(self.lsmMountContext);
        command.SetAction(self.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var request = Request(parsed);
        if (parsed.GetValue(detach))
        {
            using var console = SocketOption.Connect(consoleSocket, parsed);
            Container.Lifecycle.Container.Restore(globals.Store(parsed), request with { ConsoleSocket = console }).Process.Dispose();
            return 0;
        }

        if (!parsed.GetValue(noSubreaper))
        {
            Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        }

        using var attachment = Attachment.Open(request.Spec.Process?.Terminal == true, passesTerminal: request.Options.ShellJob);
        var (container, process) = Container.Lifecycle.Container.Restore(globals.Store(parsed), request with { ConsoleSocket = attachment.ConsoleSocket, Streams = attachment.Streams, CallerDeletes = true });
        using (process)
        {
            // A terminal that is the caller's own (--shell-job) does not come: the other end has to hear that.
            attachment.ConsoleSocket?.Dispose();
            var status = attachment.Wait(process.Process);
            container.Delete(force: true);
            return status.Reported;
        }
    }

    private RestoreRequest Request(ParseResult parsed)
    {
        var (path, json, spec) = bundle.Read(parsed);
        return new RestoreRequest
        {
            Id = parsed.GetValue(id)!,
            Spec = spec,
            SpecJson = json,
            Bundle = path,
            Options = flags.Read(parsed),
            CgroupManager = globals.ManagerOf(parsed),
            PidFile = parsed.GetValue(pidFile) is { Length: > 0 } file ? Path.GetFullPath(file) : null,
            LsmProfile = parsed.GetValue(lsmProfile),
            LsmMountContext = parsed.GetValue(lsmMountContext),
        };
    }
}
