using System.CommandLine;
using Peapod.Container;
using Peapod.Container.Collection;
using Peapod.Kernel;
using Peapod.Kernel.Terminals;

namespace Peapod.Cli.Commands;

/// <summary><c>gc</c>: takes away what commands left that were killed on the way.</summary>
internal static class GcCommand
{
    internal static Command Make(GlobalOptions globals)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "only say what would be removed" };
        var stopped = new Option<bool>("--stopped") { Description = "also containers that are stopped and wait for delete" };
        var command = new Command("gc", "remove what killed commands left (peapod pod gc: for pods)") { dryRun, stopped };
        command.SetAction(parsed =>
        {
            var failed = false;
            foreach (var found in StoreLeftOvers.Find(globals.Store(parsed), parsed.GetValue(stopped)))
            {
                failed |= !Take(found, parsed.GetValue(dryRun), globals.Warn);
            }

            return failed ? 1 : 0;
        });
        return command;
    }

    /// <summary>One that cannot be removed does not keep the others.</summary>
    private static bool Take(LeftOver found, bool dryRun, Action<string>? warn)
    {
        try
        {
            if (dryRun || found.Remove())
            {
                Output.Line(Printable.Line($"{(dryRun ? "would remove" : "removed")} {found.What}: {found.Why}"));
            }

            return true;
        }
        catch (Exception e) when (e is ContainerException or KernelException)
        {
            warn?.Invoke($"{found.What}: cannot be removed: {e.Message}");
            return false;
        }
    }
}
