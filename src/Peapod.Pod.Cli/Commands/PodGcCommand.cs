using System.CommandLine;
using Peapod.Container.Collection;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod gc</c>: takes away what is left of pods whose commands and supervisors were killed, and gives those that run a new supervisor.</summary>
internal static class PodGcCommand
{
    internal static Command Make()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "only say what would be removed" };
        var stopped = new Option<bool>("--stopped") { Description = "also pods that have ended" };
        var command = new Command("gc", "remove what killed commands and supervisors left") { dryRun, stopped };
        command.SetAction(parsed =>
        {
            var host = HostOptions.Host(parsed);
            var failed = false;
            var warned = parsed.GetValue(dryRun);
            foreach (var found in PodLeftOvers.Find(host, parsed.GetValue(stopped)))
            {
                if (!warned)
                {
                    PodEnd.WarnOfNetwork(host);
                    warned = true;
                }

                failed |= !Take(found, parsed.GetValue(dryRun));
            }

            if (!parsed.GetValue(dryRun))
            {
                foreach (var folders in host.Pods())
                {
                    failed |= EachPod.Do([folders.Name], _ => SupervisorProcess.TakeOver(folders)) != 0;
                }
            }

            return failed ? 1 : 0;
        });
        return command;
    }

    private static bool Take(LeftOver found, bool dryRun)
    {
        try
        {
            if (dryRun || found.Remove())
            {
                Console.WriteLine(Printable.Line($"{(dryRun ? "would remove" : "removed")} {found.What}: {found.Why}"));
            }

            return true;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            Report.Error(e, $"{found.What}: cannot be removed: ");
            return false;
        }
    }
}
