using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>A program of the host that a command calls: diff, an editor, kustomize. It has this process's environment and folder.</summary>
internal static class HostProgram
{
    private const int Executable = 0x49; // 0111

    /// <summary>The executable of a name in PATH; null when there is none. A name with a slash is a path.</summary>
    internal static string? Find(string name)
    {
        if (name.Contains('/'))
        {
            return name;
        }

        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            if (FileSystem.TryStat($"{folder}/{name}") is { Type: Libc.S_IFREG } file && (file.Mode & Executable) != 0)
            {
                return $"{folder}/{name}";
            }
        }

        return null;
    }

    /// <summary>Runs it with this process's standard streams.</summary>
    /// <returns>Its exit code, 128 and the signal's number when a signal killed it.</returns>
    /// <exception cref="PodException">It is not there, or cannot be executed.</exception>
    internal static int Run(string name, params IReadOnlyList<string> arguments)
    {
        using var process = Start(name, arguments, default);
        return process.Wait().Reported;
    }

    /// <summary>What it writes to its standard output.</summary>
    /// <exception cref="PodException">It is not there, or did not end with 0; what it has to say went to standard error.</exception>
    internal static byte[] Read(string name, params IReadOnlyList<string> arguments)
    {
        using var output = SafeFd.Check(Libc.memfd_create(name, Libc.MFD_CLOEXEC), "memfd_create", name);
        using var process = Start(name, arguments, new(null, output, null));
        if (process.Wait().Reported is > 0 and var exitCode)
        {
            throw new PodException($"{name} {string.Join(' ', arguments)}: ended with exit code {exitCode}");
        }

        Libc.lseek(output.Number, 0, Libc.SEEK_SET);
        return FileSystem.ReadAllBytes(output, name);
    }

    private static Kernel.Processes.PidFd Start(string name, IReadOnlyList<string> arguments, StandardStreams streams)
    {
        var path = Find(name) ?? throw new PodException($"{name}: executable file not found in $PATH");
        try
        {
            return ChildProcess.StartAlike(path, [name, .. arguments], streams);
        }
        catch (KernelException e) when (e.Operation == "execve")
        {
            throw new PodException($"cannot run {path}: {e.Reason}", e);
        }
    }
}
