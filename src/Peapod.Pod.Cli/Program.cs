using System.CommandLine;
using Peapod.Container;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Network;
using Peapod.Oci;
using Peapod.Pod;
using Peapod.Pod.Cli.Commands;
using Peapod.Pod.Manifest;
using Peapod.Pod.Supervision;

if (args is [SupervisorProcess.Command, var runRoot, var dataRoot, var key])
{
    return SupervisorProcess.Main(runRoot, dataRoot, key);
}

var root = new RootCommand("Kubernetes pods and their images on one host.");
root.Subcommands.Add(PodCommands.Make());
root.Subcommands.Add(ImageCommands.Make());
try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is PodException or ManifestException or ImageException or NetworkException or ContainerException or KernelException)
{
    Console.Error.WriteLine($"peapod: {e.Message}");
    return e is ContainerException failed ? failed.ExitCode : 1;
}
catch (SpecException e)
{
    Console.Error.WriteLine($"peapod: {e.Message}");
    return 1;
}
