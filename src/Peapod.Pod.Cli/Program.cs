using System.CommandLine;
using System.CommandLine.Help;
using Peapod.Container;
using Peapod.Pod;
using Peapod.Pod.Cli.Commands;
using Peapod.Pod.Layout;
using Peapod.Pod.Supervision;

if (args is [SupervisorProcess.Command, var runRoot, var dataRoot, var networkFile, var key])
{
    return SupervisorProcess.Main(new PodHost { RunRoot = runRoot, DataRoot = dataRoot, NetworkFile = networkFile }, key);
}

try
{
    // Its user called peapod; and see peapod's own Program for why it is no RootCommand.
    var root = new Command("peapod", "Kubernetes pods and their images on one host.") { new HelpOption { Recursive = true } };
    if (args is not ["image", ..])
    {
        root.Subcommands.Add(PodCommands.Make(PodCommands.CommandOf(args)));
    }

    if (args is not [PodCommands.Name, ..])
    {
        root.Subcommands.Add(ImageCommands.Make());
    }

    return root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (PodFailure.Is(e))
{
    Console.Error.WriteLine($"peapod: {e.Message}");
    return e switch { PodException pod => pod.ExitCode, ContainerException container => container.ExitCode, _ => 1 };
}
