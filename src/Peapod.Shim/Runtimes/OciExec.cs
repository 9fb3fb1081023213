using Peapod.Container.Foreground;
using Peapod.Container.Spawning;
using Peapod.Kernel.Processes;
using Peapod.Oci;
using Peapod.Shim.Layout;

namespace Peapod.Shim.Runtimes;

/// <summary>A process in a container that another runtime made, by that runtime's own exec in the foreground.</summary>
internal static class OciExec
{
    /// <summary>With the terminal that the runtime itself makes and joins to this process's.</summary>
    /// <returns>Its exit code, or the runtime's.</returns>
    internal static int RunOnTerminal(RuntimeHandler handler, ShimFolders folders, string container, Process process)
    {
        using var file = OciBundles.WriteProcess(folders, container, process);
        using var running = Start(handler, folders, container, file.Path, default);
        return running.Wait().Reported;
    }

    /// <summary>On pipes: what the runtime has for standard streams it may hand on as it is.</summary>
    /// <param name="input">Whether it gets standard input.</param>
    /// <inheritdoc cref="RunOnTerminal"/>
    internal static int Run(RuntimeHandler handler, ShimFolders folders, string container, Process process, bool input, Func<Attachment, ExitStatus, int> told)
    {
        using var file = OciBundles.WriteProcess(folders, container, process);
        using var attachment = Attachment.OpenPiped(terminal: false, input);
        using var running = Start(handler, folders, container, file.Path, attachment.Streams);
        return told(attachment, attachment.Wait(running));
    }

    private static PidFd Start(RuntimeHandler handler, ShimFolders folders, string container, string file, StandardStreams streams)
    {
        var command = new OciRuntimeCommand(handler, folders);
        return ChildProcess.Start(handler.Path, command.Line(["exec", "--process", file, command.IdOf(container)], log: null), streams);
    }
}
