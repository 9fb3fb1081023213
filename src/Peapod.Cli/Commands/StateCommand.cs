using System.CommandLine;
using Peapod.Container.State;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary><c>state</c>: the runtime-spec's state document.</summary>
internal static class StateCommand
{
    internal static Command Make(GlobalOptions globals)
    {
        var id = LifecycleCommands.Id();
        var command = new Command("state", "print a container's state as JSON") { id };
        command.SetAction(parsed =>
        {
            var container = Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!);
            Output.Write(Of(container, container.ReadSpec().Annotations).ToJson(indented: true));
            Output.Line("");
            return 0;
        });
        return command;
    }

    /// <summary>Without its owner, whom only `list` names, as runc has it.</summary>
    internal static StateOutput Of(Container.Lifecycle.Container container, IReadOnlyDictionary<string, string> annotations)
    {
        var record = container.Record;
        var status = container.Status;
        return new StateOutput
        {
            OciVersion = DefaultSpec.OciVersion,
            Id = record.Id,
            Pid = status == ContainerStatus.Stopped ? 0 : record.Pid,
            Status = Container.Lifecycle.Container.Name(status),
            Bundle = record.Bundle,
            Rootfs = record.Rootfs,
            Created = record.Created,
            Annotations = annotations,
        };
    }
}
