using System.CommandLine;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>peapod pod …</c></summary>
internal static class PodCommands
{
    internal static Command Make()
    {
        var command = new Command("pod", "run and look after pods")
        {
            RunCommand.Make(), PsCommand.Make(), InspectCommand.Make(), LogsCommand.Make(), PodExecCommand.Make(), StopCommand.Make(), RmCommand.Make(), PodGcCommand.Make(),
        };
        command.Options.Add(HostOptions.RunRoot);
        command.Options.Add(HostOptions.DataRoot);
        command.Options.Add(HostOptions.NetworkFile);
        command.Options.Add(HostOptions.Namespace);
        return command;
    }
}
