using System.CommandLine;
using System.Globalization;
using System.Text;
using Peapod.Container;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary><c>list</c>: runc's table and JSON.</summary>
internal static class ListCommand
{
    internal static Command Make(GlobalOptions globals)
    {
        var format = new Option<string>("--format", "-f") { Description = "table or json", DefaultValueFactory = static _ => "table" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only the ids" };
        format.AcceptOnlyFromAmong("table", "json");
        var command = new Command("list", "list the containers of --root") { format, quiet };
        command.SetAction(parsed =>
        {
            var store = globals.Store(parsed);
            var states = new List<StateOutput>();
            foreach (var id in store.Ids())
            {
                try
                {
                    var container = Container.Lifecycle.Container.Open(store, id);
                    states.Add(StateCommand.Of(container) with { Owner = container.Record.Owner == 0 ? "root" : "" });
                }
                catch (ContainerException) when (store.TryRead(id) is null)
                {
                    // Deleted since the folder was read.
                }
            }

            Print(states, parsed.GetValue(quiet) ? "quiet" : parsed.GetValue(format)!);
            return 0;
        });
        return command;
    }

    private static void Print(List<StateOutput> states, string format)
    {
        switch (format)
        {
            case "quiet":
                states.ForEach(static state => Output.Line(state.Id!));
                break;
            case "json":
                // runc prints null for no container at all.
                Output.Line(states.Count == 0 ? "null" : $"[{string.Join(',', states.ConvertAll(static state => Encoding.UTF8.GetString(state.ToJson())))}]");
                break;
            default:
                Output.Line(Row("ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"));
                states.ForEach(state => Output.Line(Row(
                    state.Id!, state.Pid.ToString(CultureInfo.InvariantCulture), state.Status!, state.Bundle!, state.Created!, state.Owner!)));
                break;
        }

        string Row(string id, string pid, string status, string bundle, string created, string owner)
        {
            var idWidth = Math.Max(12, Widest(states, static state => state.Id!));
            var bundleWidth = Math.Max(12, Widest(states, static state => state.Bundle!));
            return $"{id.PadRight(idWidth)}{pid,-12}{status,-12}{bundle.PadRight(bundleWidth)}{created,-34}{owner}".TrimEnd();
        }
    }

    private static int Widest(List<StateOutput> states, Func<StateOutput, string> column)
    {
        var width = 0;
        foreach (var state in states)
        {
            width = Math.Max(width, column(state).Length + 2);
        }

        return width;
    }
}
