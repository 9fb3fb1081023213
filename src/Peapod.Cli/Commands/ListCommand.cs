using System.CommandLine;
using System.Globalization;
using System.Text;
using Peapod.Container;
using Peapod.Container.State;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;
using Peapod.Oci;
using Peapod.Oci.Json;

namespace Peapod.Cli.Commands;

/// <summary><c>list</c>: runc's table and JSON.</summary>
internal static class ListCommand
{
    internal static Command Make(GlobalOptions globals)
    {
        var format = new Option<string>("--format", "-f") { Description = "table or json", DefaultValueFactory = static _ => "table" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only the ids" };
        var command = new Command("list", "list the containers of --root") { format, quiet };
        command.SetAction(parsed =>
        {
            var store = globals.Store(parsed);
            var layout = parsed.GetValue(quiet) ? "quiet" : parsed.GetValue(format)!;
            if (layout is not ("quiet" or "table" or "json"))
            {
                throw new ContainerException("--format: invalid format option");
            }

            if (parsed.GetResult(globals.Root) is { Implicit: false } && FileSystem.TryStat(store.Root) is null)
            {
                // Nobody has written in the folder of the default yet; one that was named was meant.
                throw new ContainerException($"--root: open {store.Root}: no such file or directory");
            }

            var states = new List<StateOutput>();
            var damaged = false;
            foreach (var id in store.Ids())
            {
                try
                {
                    var container = Container.Lifecycle.Container.Open(store, id);
                    states.Add(StateCommand.Of(container, Annotations(container)) with { Owner = OwnerOf(container.Record.Owner) });
                }
                catch (DamagedContainerException e)
                {
                    damaged = true;
                    globals.Warn?.Invoke(e.Message);
                    states.Add(Of(e));
                }
                catch (ContainerException) when (store.TryRead(id) is null)
                {
                    // Deleted since the folder was read.
                }
            }

            Print(states, layout);
            return damaged ? 1 : 0;

            IReadOnlyDictionary<string, string> Annotations(Container.Lifecycle.Container container)
            {
                try
                {
                    return container.ReadSpec().Annotations;
                }
                catch (DamagedContainerException e)
                {
                    // All else is known.
                    damaged = true;
                    globals.Warn?.Invoke(e.Message);
                    return JsonMap<string>.Empty;
                }
            }
        });
        return command;
    }

    /// <summary>What is known of a container whose state is damaged. Callers read the time, so there is one: Go's zero.</summary>
    private static StateOutput Of(DamagedContainerException damage) => new()
    {
        OciVersion = DefaultSpec.OciVersion,
        Id = damage.Id,
        Status = "unknown",
        Bundle = damage.Known?.Bundle ?? "",
        Rootfs = damage.Known?.Rootfs ?? "",
        Created = damage.Known?.Created ?? "0001-01-01T00:00:00Z",
        Owner = damage.Known is { } known ? OwnerOf(known.Owner) : "",
    };

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
                    state.Id!, state.Pid.ToString(CultureInfo.InvariantCulture), state.Status!, Printable.Line(state.Bundle!), state.Created!, state.Owner!)));
                break;
        }

        // As Go's tabwriter lays it out for runc: twelve wide at least, and three blanks after the longest.
        string Row(string id, string pid, string status, string bundle, string created, string owner) =>
            id.PadRight(Widest(states, static state => state.Id!))
            + pid.PadRight(Widest(states, static state => $"{state.Pid}"))
            + status.PadRight(Widest(states, static state => state.Status!))
            + bundle.PadRight(Widest(states, static state => Printable.Line(state.Bundle!)))
            + created.PadRight(Widest(states, static state => state.Created!))
            + owner;
    }

    private static int Widest(List<StateOutput> states, Func<StateOutput, string> column)
    {
        var width = 12;
        foreach (var state in states)
        {
            width = Math.Max(width, column(state).Length + 3);
        }

        return width;
    }

    /// <summary>The user's name in the host's passwd; its number when it has none.</summary>
    private static string OwnerOf(uint user)
    {
        if (user == 0)
        {
            return "root";
        }

        var number = user.ToString(CultureInfo.InvariantCulture);
        foreach (var line in (FileSystem.TryReadText("/etc/passwd") ?? "").Split('\n'))
        {
            if (line.Split(':') is [var name, _, var id, ..] && id == number)
            {
                return name;
            }
        }

        return $"#{number}";
    }
}
