using System.CommandLine;
using System.Globalization;
using Peapod.Container;
using Peapod.Container.Cgroups;
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
    private readonly Option<string?> processLabel = new("--process-label") { Description = "SELinux label of the process" };
    private readonly Option<string?> appArmor = new("--apparmor") { Description = "AppArmor profile of the process" };
    private readonly Option<string[]> cgroup = new("--cgroup") { Description = "a cgroup below the container's to execute in" };
    private readonly Option<string?> pidfdSocket = new("--pidfd-socket") { Description = "unix socket that receives a pidfd of the process" };
    private readonly Option<bool> ignorePaused = new("--ignore-paused") { Description = "also in a paused container" };

    private ExecCommand(GlobalOptions globals) => this.globals = globals;

    internal static Command Make(GlobalOptions globals)
    {
        var self = new ExecCommand(globals);
        var command = new Command("exec", "execute a process in a running container")
        {
            self.id, self.args, self.consoleSocket, self.cwd, self.env, self.tty, self.user, self.groups, self.processFile,
            self.detach, self.pidFile, self.noNewPrivs, self.caps, self.preserveFds, self.ignorePaused,
            self.processLabel, self.appArmor, self.cgroup, self.pidfdSocket,
        };
        command.SetAction(self.RunOrFail);
        return command;
    }

    /// <summary>runc's exit code: 255 tells that exec failed, and that no process has ended with it.</summary>
    private int RunOrFail(ParseResult parsed)
    {
        const int failed = 255;
        try
        {
            return Run(parsed);
        }
        catch (Exception e) when (e is ContainerException or SpecException or KernelException)
        {
            var sentence = e is SpecException ? $"config.json: {e.Message}" : e.Message;
            throw new ContainerException(NameFlag(parsed, sentence), failed, e);
        }
    }

    private int Run(ParseResult parsed)
    {
        var container = Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!);
        var process = parsed.GetValue(processFile) is { } file ? ReadProcess(file) : Checked(FromFlags(parsed, container));
        var foreground = !parsed.GetValue(detach);
        CheckConsole(parsed, process, foreground);
        using var console = SocketOption.Connect(consoleSocket, parsed);
        using var pidfd = SocketOption.Connect(pidfdSocket, parsed);
        using var attachment = foreground ? Attachment.Open(process.Terminal == true) : null;
        using var started = container.Execute(new ExecRequest
        {
            Process = foreground ? Attachment.Sized(process) : process,
            ConsoleSocket = console ?? attachment?.ConsoleSocket,
            RelaysTerminal = foreground,
            Streams = attachment?.Streams ?? default,
            PidfdSocket = pidfd,
            PreserveFds = InheritedDescriptors.Check(parsed.GetValue(preserveFds)),
            IgnorePaused = parsed.GetValue(ignorePaused),
            Cgroup = CgroupPath.ParseBelow(parsed.GetValue(cgroup) ?? []),
            PidFile = parsed.GetValue(pidFile),
        });
        return attachment is null ? 0 : attachment.Wait(started.Process).Reported;
    }

    /// <summary>A sentence on a field of the process begins with the flag or the file that it came from.</summary>
    private string NameFlag(ParseResult parsed, string sentence)
    {
        const string prefix = "config.json: process.";
        if (!sentence.StartsWith(prefix, StringComparison.Ordinal))
        {
            return sentence;
        }

        if (parsed.GetValue(processFile) is { } file)
        {
            return $"--process: {file}: {sentence[prefix.Length..]}";
        }

        ReadOnlySpan<(string Field, Option Option)> flags = [("cwd", cwd), ("user", user), ("apparmorProfile", appArmor), ("selinuxLabel", processLabel), ("capabilities", caps)];
        foreach (var (field, option) in flags)
        {
            if (sentence.AsSpan(prefix.Length).StartsWith(field) && parsed.GetResult(option) is { Implicit: false })
            {
                return option.Name + sentence[sentence.IndexOf(": ", prefix.Length, StringComparison.Ordinal)..];
            }
        }

        return sentence;
    }

    /// <summary>runc's rules, as for a container.</summary>
    private void CheckConsole(ParseResult parsed, Process process, bool foreground)
    {
        var given = !string.IsNullOrEmpty(parsed.GetValue(consoleSocket));
        var terminal = process.Terminal == true;
        if (given && !terminal)
        {
            throw new ContainerException("--console-socket: the process has no terminal (--tty)");
        }

        if (given && foreground)
        {
            throw new ContainerException("--console-socket: without --detach the terminal is joined to this one");
        }

        if (terminal && !foreground && !given)
        {
            throw new ContainerException("--console-socket: a detached process with a terminal needs somebody to hold its other side");
        }
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
            return Checked(Process.Parse(FileSystem.ReadInput(file, Spec.LargestDocument)));
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--process: cannot read \"{file}\": {InputFailure.Reason(e)}", 1, e);
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
            NoNewPrivileges = parsed.GetResult(noNewPrivs) is { Implicit: false } ? parsed.GetValue(noNewPrivs) : own.NoNewPrivileges,
            SelinuxLabel = parsed.GetValue(processLabel) ?? own.SelinuxLabel,
            ApparmorProfile = parsed.GetValue(appArmor) ?? own.ApparmorProfile,
            Capabilities = AddCapabilities(own.Capabilities, parsed.GetValue(caps) ?? []),
        };
    }

    /// <summary>To bounding, effective and permitted, never to inheritable (CVE-2022-29162); to ambient, as under runc, when it is inheritable already.</summary>
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
            Ambient = [.. own?.Ambient ?? [], .. Array.FindAll(added, name => Has(own?.Inheritable, name))],
        };
    }

    private static bool Has(IReadOnlyList<string>? capabilities, string wanted)
    {
        foreach (var capability in capabilities ?? [])
        {
            if (capability == wanted)
            {
                return true;
            }
        }

        return false;
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
