using Peapod.Container.Spawning;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Supervision.Runtimes;

/// <summary>A process in a container that another runtime made, by that runtime's own exec in the foreground: it has this process's streams and terminal.</summary>
internal static class OciExec
{
    /// <param name="handler">The runtime.</param>
    /// <param name="folders">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="process">What is executed.</param>
    /// <param name="input">Whether it gets standard input.</param>
    /// <returns>Its exit code, or the runtime's.</returns>
    internal static int Run(RuntimeHandler handler, PodFolders folders, string container, Process process, bool input)
    {
        var command = new OciRuntimeCommand(handler, folders);
        using var file = OciBundles.WriteProcess(folders, container, process);
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDONLY);
        using var running = ChildProcess.Start(
            handler.Path, command.Line(["exec", "--process", file.Path, command.IdOf(container)], log: null), new StandardStreams(input ? null : nothing, null, null));
        return running.Wait().Reported;
    }
}
