using System.CommandLine;
using System.Globalization;
using Peapod.Container;
using Peapod.Container.Foreground;
using Peapod.Container.Lifecycle;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary><c>exec</c>: one more process in a running container.</summary>
internal sealed class ExecCommand
{
    private readonly GlobalOptions globals;
    private readonly Argument<string> id = LifecycleCommands.Id();
    private readonly Argument<string[]> args = new("command") { Description = "the program and its arguments", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> consoleSocket = new("--console-socket") { Description = "unix socket that receives the terminal's master side" };
    private readonly Option<string?> cwd = new("--cwd") { Description = "working directory in the container" };
    private readonly Option<string[]> env = new("--env", "-e") { Description = "NAME=value, added to the environment; repeatable" };
    private readonly Option<bool> tty = new("--tty", "-t") { Description = "give it a terminal" };
    private readonly Option<string?> user = new("--user", "-u") { Description = "UID[:GID]" };
    private readonly Option<uint[]> groups = new("--additional-gids", "-g") { Description = "further group ids" };
    private readonly Option<string?> processFile = new("--process", "-p") { Description = "JSON file of the whole process" };
    private readonly Option<bool> detach = new("--detach", "-d") { Description = "return when the process runs" };
    private readonly Option<string?> pidFile = new("--pid-file") { Description = "file to write the process's number to" };
    private readonly Option<bool> noNewPrivs = new("--no-new-privs") { Description = "it may not gain privileges" };
    private readonly Option<string[]> caps = new("--cap", "-c") { Description = "a capability to add; repeatable" };
    private readonly Option<int> preserveFds = new("--preserve-fds") { Description = "pass on that many descriptors after standard error" };
    private readonly Option<bool> ignorePaused = new("--ignore-paused") { Description = "also in a paused container" };

    private ExecCommand(GlobalOptions globals) => this.globals = globals;

    internal static Command Make(GlobalOptions globals)
    {
        var self = new ExecCommand(globals);
        var command = new Command("exec", "execute a process in a running container")
        {
            self.id, self.args, self.consoleSocket, self.cwd, self.env, self.tty, self.user, self.groups, self.processFile,
            self.detach, self.pidFile, self.noNewPrivs, self.caps, self.preserveFds, self.ignorePaused,
        };
        command.SetAction(self.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var container = Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!);
        var process = parsed.GetValue(processFile) is { } file ? ReadProcess(file) : Checked(FromFlags(parsed, container));
        using var console = ConsoleSocketOption.Connect(parsed.GetValue(consoleSocket));
        var foreground = !parsed.GetValue(detach);
        using var attachment = foreground ? Attachment.Open(process.Terminal == true && console is null) : null;
        if (process.Terminal == true && console is null && !foreground)
        {
            throw new ContainerException("--console-socket: a detached process with a terminal needs somebody to hold its other side");
        }

        using var started = container.Execute(new ExecRequest
        {
            Process = process,
            ConsoleSocket = console ?? attachment?.ConsoleSocket,
            PreserveFds = InheritedDescriptors.Check(parsed.GetValue(preserveFds)),
            IgnorePaused = parsed.GetValue(ignorePaused),
            PidFile = parsed.GetValue(pidFile),
        });
        return attachment is null ? 0 : attachment.Wait(started.Process).Reported;
    }

    private static Process Checked(Process process)
    {
        SpecValidator.ValidateProcess(process);
        return process;
    }

    private static Process ReadProcess(string file)
    {
        try
        {
            return Checked(Process.Parse(FileSystem.ReadAllBytes(file)));
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--process: cannot read \"{file}\": {KernelException.Describe(e.Error)}", 1, e);
        }
        catch (SpecException e)
        {
            throw new ContainerException($"--process: {file}: {e.Message}", 1, e);
        }
    }

    /// <summary>The container's own process, with what the flags change.</summary>
    private Process FromFlags(ParseResult parsed, Container.Lifecycle.Container container)
    {
        var command = parsed.GetValue(args);
        if (command is not { Length: > 0 })
        {
            throw new ContainerException("command: what is to be executed is missing");
        }

        var own = container.ReadSpec().Process ?? throw new ContainerException($"container \"{container.Id}\" is a sandbox: there is nothing to execute in it");
        var ids = ParseUser(parsed.GetValue(user));
        return own with
        {
            Args = command,
            Terminal = parsed.GetValue(tty),
            ConsoleSize = null,
            Cwd = parsed.GetValue(cwd) ?? own.Cwd,
            Env = [.. own.Env, .. parsed.GetValue(env) ?? []],
            User = own.User with
            {
                Uid = ids?.Uid ?? own.User.Uid,
                Gid = ids is { } given ? given.Gid ?? own.User.Gid : own.User.Gid,
                AdditionalGids = [.. own.User.AdditionalGids, .. parsed.GetValue(groups) ?? []],
            },
            NoNewPrivileges = parsed.GetValue(noNewPrivs) || own.NoNewPrivileges,
            Capabilities = AddCapabilities(own.Capabilities, parsed.GetValue(caps) ?? []),
        };
    }

    /// <summary>To bounding, effective and permitted, never to inheritable (CVE-2022-29162), and ambient for other users only by --process.</summary>
    private static LinuxCapabilities? AddCapabilities(LinuxCapabilities? own, string[] added)
    {
        if (added.Length == 0)
        {
            return own;
        }

        foreach (var name in added)
        {
            if (Capabilities.Number(name) < 0)
            {
                throw new ContainerException($"--cap: unknown capability \"{name}\"");
            }
        }

        return (own ?? new LinuxCapabilities()) with
        {
            Bounding = [.. own?.Bounding ?? [], .. added],
            Effective = [.. own?.Effective ?? [], .. added],
            Permitted = [.. own?.Permitted ?? [], .. added],
        };
    }

    private static (uint Uid, uint? Gid)? ParseUser(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var parts = text.Split(':');
        if (parts.Length > 2 || !TryParseId(parts[0], out var uid))
        {
            throw new ContainerException($"--user: \"{text}\" is not of the form UID[:GID]");
        }

        if (parts.Length == 1)
        {
            return (uid, null);
        }

        return TryParseId(parts[1], out var gid) ? (uid, gid) : throw new ContainerException($"--user: \"{text}\" is not of the form UID[:GID]");
    }

    /// <summary>Digits only, below 2^32 - 1, which would mean "leave it as it is".</summary>
    private static bool TryParseId(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number != uint.MaxValue;
}
