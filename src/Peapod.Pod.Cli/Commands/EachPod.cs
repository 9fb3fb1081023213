using Peapod.Pod.Cli.Output;

namespace Peapod.Pod.Cli.Commands;

/// <summary>One command for several pods: a failure with one does not keep it from the others.</summary>
internal static class EachPod
{
    /// <returns>The exit code.</returns>
    internal static int Do(IReadOnlyList<string> names, Action<string> act)
    {
        var exitCode = 0;
        foreach (var name in names)
        {
            try
            {
                act(name);
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                Report.Error(e);
                exitCode = 1;
            }
        }

        return exitCode;
    }
}
