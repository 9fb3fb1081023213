using System.Text;
using System.Text.Json;
using Peapod.Container;
using Peapod.Container.Spawning;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Shim.Layout;

namespace Peapod.Shim.Runtimes;

/// <summary>Another runtime's command line. Its state is in the pod's folder, so that nothing of it is left when that is gone.</summary>
internal sealed class OciRuntimeCommand(RuntimeHandler handler, ShimFolders folders)
{
    /// <summary>Milliseconds after which a command is taken for hung. Virtual machines take their time to begin.</summary>
    private const int Timeout = 60_000;

    private int calls;

    private const int NotFound = 127;
    private const int NotExecutable = 126;

    internal string Name { get; } = Path.GetFileName(handler.Path);

    internal static string RootOf(ShimFolders folders) => $"{folders.Run}/runtime";

    /// <summary>What the runtime knows the container as: unique on the host.</summary>
    internal string IdOf(string container) => $"{folders.Key}_{container}";

    /// <summary>Whether the runtime has a container of that name.</summary>
    internal bool Has(string container) => FileSystem.TryStat($"{RootOf(folders)}/{IdOf(container)}") is not null;

    /// <summary>The command's whole line: what stands before its own arguments is the same for all.</summary>
    internal List<string> Line(IReadOnlyList<string> arguments, string? log)
    {
        var line = new List<string> { Name };
        line.AddRange(handler.Args);
        line.AddRange(["--root", RootOf(folders)]);
        if (log is not null)
        {
            line.AddRange(["--log", log, "--log-format", "json"]);
        }

        line.AddRange(arguments);
        return line;
    }

    /// <summary>Executes it and waits for its end.</summary>
    /// <param name="container">Which container it is about.</param>
    /// <param name="arguments">The command and its arguments.</param>
    /// <param name="streams">Those of the container's process, where it makes one.</param>
    /// <param name="interruption">Ends it from another thread; null for none.</param>
    /// <exception cref="ContainerException">It has failed: what it says last in its log.</exception>
    internal void Call(string container, IReadOnlyList<string> arguments, StandardStreams streams = default, Interruption? interruption = null)
    {
        // One log for each call: several may be under way.
        var log = $"{OciBundles.FolderOf(folders, container)}/log-{Interlocked.Increment(ref calls)}.json";
        FileSystem.MakeDirectories(OciBundles.FolderOf(folders, container), ShimFolders.PrivateFolder);
        FileSystem.RemoveFile(log);
        using var removed = new RemovedFile(log);

        // Never ours: a command's may be a terminal, which some runtimes would hand on.
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR);
        using var process = ChildProcess.Start(handler.Path, Line(arguments, log), new(streams.Input ?? nothing, streams.Output ?? nothing, streams.Error ?? nothing));
        interruption?.Watch(process);
        var ended = process.WaitForExit(Timeout);
        interruption?.Watch(null);
        if (!ended)
        {
            process.Signal(Signals.SIGKILL);
            process.Wait();
            throw new ContainerException($"{Name} {arguments[0]}: has not ended in {Timeout / 1000} seconds");
        }

        var status = process.Wait();
        if (status.Reported != 0)
        {
            var why = LastError(FileSystem.TryReadText(log) ?? "") ?? $"ended with {status.Reported}";
            throw new ContainerException($"{Name} {arguments[0]}: {why}", ExitCodeOf(why));
        }
    }

    /// <summary>The last error of a log of JSON objects, or else the last of its messages. What is no JSON is one.</summary>
    internal static string? LastError(string log)
    {
        string? last = null, error = null;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(log), new JsonReaderOptions { AllowMultipleValues = true });
        try
        {
            while (reader.Read())
            {
                using var entry = JsonDocument.ParseValue(ref reader);
                if (entry.RootElement.ValueKind == JsonValueKind.Object && entry.RootElement.TryGetProperty("msg", out var message))
                {
                    last = message.ToString();
                    error = entry.RootElement.TryGetProperty("level", out var level) && level.ToString() is "error" or "fatal" ? last : error;
                }
            }
        }
        catch (JsonException)
        {
            last = log.TrimEnd().Split('\n')[^1];
        }

        return error ?? (string.IsNullOrEmpty(last) ? null : last);
    }

    /// <summary>As runc, crun and their likes word it when what is to be executed is not there, or may not be executed.</summary>
    private static int ExitCodeOf(string why) =>
        why.Contains("executable file", StringComparison.Ordinal) && why.Contains("not found", StringComparison.Ordinal) ? NotFound
        : !why.Contains("exec", StringComparison.Ordinal) ? 1
        : why.Contains("no such file or directory", StringComparison.OrdinalIgnoreCase) ? NotFound
        : why.Contains("permission denied", StringComparison.OrdinalIgnoreCase) ? NotExecutable : 1;
}
