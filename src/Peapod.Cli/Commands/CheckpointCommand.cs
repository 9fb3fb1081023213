using System.CommandLine;
using System.Globalization;
using Peapod.Container;
using Peapod.Container.Criu;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Cli.Commands;

/// <summary><c>checkpoint</c>: a running container's processes into images.</summary>
internal sealed class CheckpointCommand
{
    private readonly GlobalOptions globals;
    private readonly ImageFlags flags = new();
    private readonly Argument<string> id = LifecycleCommands.Id();
    private readonly Option<string?> parent = new("--parent-path") { Description = "images of a pre-dump, from the folder of the images" };
    private readonly Option<bool> leaveRunning = new("--leave-running") { Description = "let it run on" };
    private readonly Option<bool> preDump = new("--pre-dump") { Description = "its memory alone; it runs on" };
    private readonly Option<bool> tcpSkipInFlight = new("--tcp-skip-in-flight") { Description = "not those TCP connections that are being made" };
    private readonly Option<bool> linkRemap = new("--link-remap") { Description = "give a name to files that have none any more" };
    private readonly Option<string?> pageServer = new("--page-server") { Description = "ADDRESS:PORT that memory goes to" };
    private readonly Option<int?> statusFd = new("--status-fd") { Description = "gets a NUL byte when lazy pages can be fetched" };

    private CheckpointCommand(GlobalOptions globals) => this.globals = globals;

    internal static Command Make(GlobalOptions globals)
    {
        var self = new CheckpointCommand(globals);
        var command = new Command("checkpoint", "write a running container's processes into images") { self.id };
        self.flags.AddTo(command);
        command.Options.Add(self.parent);
        command.Options.Add(self.leaveRunning);
        command.Options.Add(self.preDump);
        command.Options.Add(self.tcpSkipInFlight);
        command.Options.Add(self.linkRemap);
        command.Options.Add(self.pageServer);
        command.Options.Add(self.statusFd);
        command.SetAction(parsed =>
        {
            var options = self.flags.Read(parsed);
            Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(self.id)!).Checkpoint(new CheckpointRequest(options)
            {
                Parent = self.Parent(parsed, options.Images),
                LeaveRunning = parsed.GetValue(self.leaveRunning),
                PreDump = parsed.GetValue(self.preDump),
                TcpSkipInFlight = parsed.GetValue(self.tcpSkipInFlight),
                LinkRemap = parsed.GetValue(self.linkRemap),
                PageServer = parsed.GetValue(self.pageServer) is { Length: > 0 } address ? Server(address) : null,
                StatusFd = parsed.GetValue(self.statusFd) is { } fd and not -1 ? Status(fd) : null,
            });
            return 0;
        });
        return command;
    }

    private string? Parent(ParseResult parsed, string images)
    {
        if (parsed.GetValue(parent) is not { Length: > 0 } path)
        {
            return null;
        }

        if (path.StartsWith('/'))
        {
            throw new ContainerException($"--parent-path: \"{path}\" must be relative: it begins in the folder of the images");
        }

        return FileSystem.TryStat(Path.GetFullPath(path, images)) is { IsDirectory: true } ? path
            : throw new ContainerException($"--parent-path: \"{path}\" is no folder, looked at from \"{images}\"");
    }

    private static (string Address, int Port) Server(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? (text[..colon].Trim('[', ']'), port)
            : throw new ContainerException($"--page-server: \"{text}\" is not ADDRESS:PORT");
    }

    private static int Status(int fd)
    {
        const int accessMode = 3;
        var flags = Libc.fcntl(fd, Libc.F_GETFL, 0);
        return flags < 0 ? throw new ContainerException($"--status-fd: descriptor {fd} was not passed to this command")
            : (flags & accessMode) == Libc.O_RDONLY ? throw new ContainerException($"--status-fd: descriptor {fd} is not open for writing")
            : fd;
    }
}
