using System.Text;
using Microsoft.Extensions.Logging;
using Peapod.Kernel.Files;
using Peapod.Pod.Layout;
using Peapod.Shim.Logging;

namespace Peapod.Pod.Logging;

/// <summary>How much a pod's supervisors say (--log-level). Kept beside the manifest, so that one that takes over goes on as its predecessor did.</summary>
public static class PodLogLevel
{
    /// <summary>The words of --log-level, from all to little.</summary>
    public static IReadOnlyList<string> Names { get; } = ["trace", "debug", "info", "warning", "error"];

    /// <param name="name">One of <see cref="Names"/>.</param>
    public static void Write(PodFolders folders, string name)
    {
        ArgumentNullException.ThrowIfNull(folders);
        folders.Write(folders.LogLevel, Encoding.UTF8.GetBytes(name));
    }

    /// <summary>The log of a pod's supervisor, with the level that --log-level gave the pod.</summary>
    internal static SupervisorLog LogOf(PodFolders folders) => new(Read(folders));

    /// <summary>Warnings and errors, unless told otherwise.</summary>
    internal static LogLevel Read(PodFolders folders) => FileSystem.TryReadText(folders.LogLevel) switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "error" => LogLevel.Error,
        _ => LogLevel.Warning,
    };
}
