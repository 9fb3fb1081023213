using System.CommandLine;
using System.CommandLine.Help;
using Peapod.Container;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Terminals;
using Peapod.Pod;
using Peapod.Pod.Cli.Commands;
using Peapod.Pod.Cli.Completion;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Parsing;
using Peapod.Pod.Layout;
using Peapod.Pod.Supervision;

if (args is [SupervisorProcess.Command, var runRoot, var dataRoot, var networkFile, var key])
{
    DescriptorWriter.InstallForErrors();
    return SupervisorProcess.Main(new PodHost { RunRoot = runRoot, DataRoot = dataRoot, NetworkFile = networkFile }, key);
}

if (args is [DetachedTerminal.Command])
{
    return DetachedTerminal.Stay();
}

DescriptorWriter.Install();
try
{
    // Its user called peapod; and see peapod's own Program for why it is no RootCommand.
    var root = new Command("peapod", "Kubernetes pods and their images on one host.") { new HelpOption("--help", "-h", "-?") { Recursive = true } };
    switch (args)
    {
        case [PodCommands.Name, ..]:
            root.Subcommands.Add(PodCommands.Make(PodCommands.CommandOf(args)));
            break;
        case [Completer.Command, var line]:
            root.Subcommands.Add(PodCommands.Make(wanted: null));
            root.Subcommands.Add(ImageCommands.Make());
            root.Subcommands.Add(CompletionCommand.Make());
            Completer.Complete(root, line).ForEach(static word => Console.WriteLine(Printable.Line(word)));
            return 0;
        default:
            root.Subcommands.Add(PodCommands.Make(wanted: null));
            root.Subcommands.Add(ImageCommands.Make());
            root.Subcommands.Add(CompletionCommand.Make());
            break;
    }

    var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
    var parsed = root.Parse(args, parser);
    if (parsed is { CommandResult.Command.Subcommands.Count: > 0, UnmatchedTokens.Count: 0, Action: not HelpAction })
    {
        // "peapod pod" and no more: what there is.
        parsed = root.Parse([.. args, "--help"], parser);
    }

    if (UsageError.Of(parsed) is { } wrong)
    {
        throw wrong;
    }

    return Damages.ExitCode(parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
}
catch (Exception e) when (DescriptorWriter.HasNoReader(e))
{
    // As if by SIGPIPE, which .NET ignores.
    return 128 + Signals.SIGPIPE;
}
catch (Exception e) when (PodFailure.Is(e))
{
    Report.Error(e);
    return e switch { PodException pod => pod.ExitCode, ContainerException container => container.ExitCode, _ => 1 };
}
catch (Exception e)
{
    Console.Error.WriteLine($"peapod: {UnexpectedFailure.Sentence(e)}");
    if (UnexpectedFailure.Trace(e) is { } trace)
    {
        Console.Error.WriteLine(trace);
    }

    return 1;
}
