using Peapod.Container.Plans;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Spawning;

/// <summary>A process that does a plan up to its one stage, is looked at, and ends: what it made lasts only where somebody else holds it.</summary>
internal static class BriefChild
{
    /// <param name="plan">Its last operation is a stage.</param>
    /// <param name="steps">The plan's host steps, done.</param>
    /// <param name="look">What is done while the process waits there.</param>
    /// <exception cref="ContainerException">An operation failed.</exception>
    internal static T Run<T>(Plan plan, HostSteps? steps, Func<int, T> look)
    {
        var child = Spawner.Spawn(plan, steps is null ? [] : steps.Descriptors, cgroup: null, default);
        using var process = child.Process;
        try
        {
            using var socket = child.Socket;
            Span<byte> message = stackalloc byte[InitReport.Size];
            var next = 0;
            while (true)
            {
                var report = InitReport.Parse(message[..UnixSocket.Receive(socket, message)]);
                next = InitDialogue.Position(plan, report, next, steps is null ? null : steps.IsLate);
                switch (report.Stage)
                {
                    case null:
                        throw Failures.OfOperation(plan.Init[report.Operation], report.Error, report.Detail);
                    case InitStage.Source:
                        steps!.GiveLate(child, plan.Init[next - 1]);
                        break;
                    default:
                        return look(child.Pid);
                }
            }
        }
        finally
        {
            process.Signal(Signals.SIGKILL);
            process.Wait();
        }
    }
}
