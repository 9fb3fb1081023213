using Peapod.Kernel.Terminals;
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

if (args is [PodCommands.Name, "help", .. var topic])
{
    args = [PodCommands.Name, .. topic, "--help"];
}

return Invocation.Run(() =>
{
    var root = Invocation.Root();
    switch (args)
    {
        case [PodCommands.Name, ..]:
            root.Subcommands.Add(PodCommands.Make(PodCommands.CommandOf(args)));
            break;
        case [Completer.Command, var line]:
            root.Subcommands.Add(PodCommands.Make(wanted: null));
            root.Subcommands.Add(CompletionCommand.Make());
            Completer.Complete(root, line).ForEach(static word => Console.WriteLine(Printable.Line(word)));
            return 0;
        default:
            root.Subcommands.Add(PodCommands.Make(wanted: null));
            root.Subcommands.Add(CompletionCommand.Make());
            break;
    }

    return Invocation.Invoke(root, args);
});
