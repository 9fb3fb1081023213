using System.CommandLine;
using Peapod.Container;
using Peapod.Container.Cgroups;
using Peapod.Container.Lifecycle;
using Peapod.Container.State;

namespace Peapod.Cli.Commands;

/// <summary><c>events</c>: what a container uses, once or again and again, and that it ran out of memory, a JSON document a line.</summary>
internal static class EventsCommand
{
    internal static Command Make(GlobalOptions globals)
    {
        var id = LifecycleCommands.Id();
        var interval = new Option<string>("--interval") { Description = "time between two (5s)", DefaultValueFactory = static _ => "5s" };
        var once = new Option<bool>("--stats") { Description = "print what is used now, and end" };
        var command = new Command("events", "print what a container uses, and that it ran out of memory") { id, interval, once };
        command.SetAction(parsed =>
        {
            var container = Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!);
            var milliseconds = Milliseconds(parsed.GetValue(interval)!);
            if (container.Status == ContainerStatus.Stopped)
            {
                throw new ContainerException($"container with id {container.Id} is not running");
            }

            if (parsed.GetValue(once))
            {
                Print(container.Statistics().StatsEvent(container.Id));
            }
            else
            {
                Follow(container, milliseconds);
            }

            return 0;
        });
        return command;
    }

    private static void Follow(Container.Lifecycle.Container container, int milliseconds)
    {
        using var watch = new CgroupWatch(container.CgroupDirectory);
        var next = Environment.TickCount64 + milliseconds;
        while (true)
        {
            var (oom, ended) = watch.Wait((int)Math.Max(0, next - Environment.TickCount64));
            if (oom)
            {
                Print(CgroupStatistics.OomEvent(container.Id));
            }

            if (ended)
            {
                return;
            }

            if (Environment.TickCount64 >= next)
            {
                next += milliseconds;
                Print(container.Statistics().StatsEvent(container.Id));
            }
        }
    }

    private static void Print(byte[] document) => Output.Write([.. document, (byte)'\n']);

    private static int Milliseconds(string text)
    {
        if (!Duration.TryParse(text, out var duration))
        {
            throw new ContainerException($"--interval: \"{text}\" is not a duration such as 5s or 1m30s");
        }

        if (duration <= TimeSpan.Zero)
        {
            throw new ContainerException("--interval: duration interval must be greater than 0");
        }

        return (int)Math.Clamp(duration.TotalMilliseconds, 1, int.MaxValue);
    }
}
