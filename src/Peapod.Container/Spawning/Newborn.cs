using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;

namespace Peapod.Container.Spawning;

/// <summary>
/// A process on its way to its exec, in a PID namespace with others of the container. Who may trace it there can stop it, have it do
/// something else, or take its descriptors and keep them open; so it is not waited for without end.
/// </summary>
internal static class Newborn
{
    private const string Init = "/memfd:peapod-init (deleted)";
    private const int LookMilliseconds = 1000;
    private const int MostLooks = 30, MostStopped = 3;

    /// <summary>Waits until it has said something, executed or ended. The time in which its cgroup is frozen does not count.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="hasSpoken">Waits so many milliseconds for what ends the wait.</param>
    /// <param name="isFrozen">Whether it cannot go on because its cgroup is frozen.</param>
    /// <returns>False when it has executed or ended without a word: others keep a descriptor of it open.</returns>
    /// <exception cref="ContainerException">It is held up.</exception>
    internal static bool Await(int pid, Func<int, bool> hasSpoken, Func<bool> isFrozen)
    {
        for (int looks = 0, stopped = 0; !hasSpoken(LookMilliseconds); looks += isFrozen() ? 0 : 1)
        {
            if (FileSystem.TryReadLink($"/proc/{pid}/exe") is not Init)
            {
                return false;
            }

            stopped = ProcessStat.TryRead(pid) is { IsStopped: true } ? stopped + 1 : 0;
            if (stopped == MostStopped || looks == MostLooks)
            {
                throw new ContainerException(stopped == MostStopped
                    ? "the new process was stopped before it could execute\n  by a signal or a tracer, perhaps in the container's PID namespace"
                    : $"the new process did not execute within {MostLooks} seconds\n  a process in the container's PID namespace may hold it");
            }
        }

        return true;
    }
}
