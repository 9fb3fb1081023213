using System.CommandLine;
using Peapod.Pod.Layout;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>Ends a pod and takes it away.</summary>
internal static class PodEnd
{
    private const long DefaultGrace = 30;

    /// <param name="graceSeconds">Between the containers' stop signal and KILL; null for the manifest's.</param>
    internal static void Delete(PodFolders folders, long? graceSeconds)
    {
        var grace = graceSeconds ?? GraceOf(folders);
        try
        {
            SupervisorProcess.Delete(folders, grace);
        }
        catch (DamagedStateException e)
        {
            // It has no supervisor, and cannot get one that knew how to stop it.
            Console.Error.WriteLine($"peapod: warning: pod \"{folders.Name}\" is killed: {e.Message.Split('\n')[0]}");
            SupervisorProcess.Remove(folders);
        }
    }

    /// <summary>Once for a command: whoever takes a pod away can do without the network's configuration, and the user should know.</summary>
    internal static void WarnOfNetwork(PodHost host)
    {
        if (PodTeardown.NetworkProblem(host) is { } problem)
        {
            Console.Error.WriteLine($"peapod: warning: {problem}");
        }
    }

    internal static Option<long?> TimeOption() => new("--time", "-t")
    {
        Description = "seconds between the stop signal and KILL (the manifest's terminationGracePeriodSeconds)", HelpName = "SECONDS",
    };

    /// <summary>What <see cref="TimeOption"/> says; null for the manifest's.</summary>
    internal static long? SecondsOf(ParseResult parsed, Option<long?> time) =>
        parsed.GetValue(time) is { } given and (< 0 or > int.MaxValue) ? throw new PodException($"--time {given}: expected from 0 to {int.MaxValue} seconds") : parsed.GetValue(time);

    /// <summary>Seconds, as the manifest has it; 0 for a pod without one, which was never made whole. When it cannot be read: what most have.</summary>
    internal static long GraceOf(PodFolders folders)
    {
        try
        {
            return ManifestFile.TryRead(folders) is { } pod ? Math.Min(int.MaxValue, pod.Spec.TerminationGracePeriodSeconds ?? DefaultGrace) : 0;
        }
        catch (DamagedStateException)
        {
            return DefaultGrace;
        }
    }
}
