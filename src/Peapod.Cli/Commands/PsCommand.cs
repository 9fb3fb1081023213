using System.CommandLine;
using System.Globalization;
using System.Text;
using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;

namespace Peapod.Cli.Commands;

/// <summary><c>ps</c>: a container's processes, as the host's ps(1) shows them, or their numbers as JSON.</summary>
internal static class PsCommand
{
    private static readonly string[] Folders = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"];

    internal static Command Make(GlobalOptions globals)
    {
        var id = LifecycleCommands.Id();
        var options = new Argument<string[]>("ps options") { Description = "options of ps(1) (-ef)", Arity = ArgumentArity.ZeroOrMore };
        var format = new Option<string>("--format", "-f") { Description = "table or json", DefaultValueFactory = static _ => "table" };
        var command = new Command("ps", "list the processes of a container") { id, options, format };
        command.SetAction(parsed =>
        {
            var pids = Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!).Processes();
            switch (parsed.GetValue(format))
            {
                case "json":
                    Output.Line(Json(pids));
                    break;
                case "table":
                    PrintTable(pids, parsed.GetValue(options) is { Length: > 0 } own ? own : ["-ef"]);
                    break;
                default:
                    throw new ContainerException("--format: invalid format option");
            }

            return 0;
        });
        return command;
    }

    /// <summary>runc prints null for no process at all.</summary>
    private static string Json(IReadOnlyList<int> pids)
    {
        var text = new StringBuilder();
        foreach (var pid in pids)
        {
            text.Append(text.Length == 0 ? '[' : ',').Append(CultureInfo.InvariantCulture, $"{pid}");
        }

        return text.Length == 0 ? "null" : text.Append(']').ToString();
    }

    private static void PrintTable(IReadOnlyList<int> pids, string[] options)
    {
        foreach (var line in ProcessTable.Filter(RunPs(options), pids))
        {
            Output.Line(line);
        }
    }

    private static unsafe string RunPs(string[] options)
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.pipe2(fds, Libc.O_CLOEXEC), "pipe2");
        using var read = new SafeFd(fds[0]);
        using var program = OpenPs();
        using var input = FileSystem.Open("/dev/null", Libc.O_RDONLY);
        PidFd process;
        using (var write = new SafeFd(fds[1]))
        {
            process = ChildProcess.Start(program, ["ps", .. options], new StandardStreams { Input = input, Output = write, Error = write });
        }

        using var owned = process;
        var output = FileSystem.ReadAllBytes(read, "ps");
        var status = process.Wait().Reported;
        var text = Encoding.UTF8.GetString(output);
        return status == 0 ? text : throw new ContainerException($"ps: exit status {status}: {text.TrimEnd('\n').Replace("\n", "\n  ", StringComparison.Ordinal)}");
    }

    private static SafeFd OpenPs()
    {
        foreach (var folder in Folders)
        {
            var fd = Libc.open($"{folder}/ps", Libc.O_PATH | Libc.O_CLOEXEC, 0);
            if (fd >= 0)
            {
                return new SafeFd(fd);
            }
        }

        throw new ContainerException("ps: the host has no ps(1)\n  --format json does without it");
    }
}
