using System.Text;
using System.Text.Json;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>Has peapod-image pull an image: that executable can speak HTTPS, which supervisors need not carry along.</summary>
internal static class ImagePull
{
    private const string Program = "peapod-image";
    private const string ErrorPrefix = "peapod: ";
    private const string WarningPrefix = "warning: ";

    /// <returns>The image's name in full.</returns>
    /// <exception cref="PodException">It cannot be pulled.</exception>
    internal static string Pull(PodHost host, string image, string policy)
    {
        var self = FileSystem.ReadLink("/proc/self/exe");
        var program = $"{self[..self.LastIndexOf('/')]}/{Program}";
        using var output = Memory("output");
        using var errors = Memory("errors");
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDONLY);
        int exitCode;
        try
        {
            using var notice = Notice.Show($"Pulling image \"{image}\"...");
            using var process = ChildProcess.StartAlike(program, [Program, "image", "--data-root", host.DataRoot, "pull", "--output", "json", "--policy", policy, "--", image], new(nothing, output, errors));
            exitCode = process.Wait().Reported;
        }
        catch (KernelException error) when (error.Operation == "execve")
        {
            throw new PodException($"cannot run {program}, which pulls images: {error.Reason}", error);
        }

        var said = new List<string>();
        foreach (var line in Read(errors).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith(WarningPrefix, StringComparison.Ordinal))
            {
                Report.Warn(line[WarningPrefix.Length..]);
                continue;
            }

            said.Add(line.StartsWith(ErrorPrefix, StringComparison.Ordinal) ? line[ErrorPrefix.Length..] : line);
        }

        if (exitCode != 0)
        {
            throw new PodException(said.Count > 0 ? string.Join('\n', said) : $"{Program} ended with exit code {exitCode} and no word");
        }

        using var json = JsonDocument.Parse(Read(output));
        return json.RootElement.GetProperty("name").GetString()!;
    }

    private static SafeFd Memory(string name) => SafeFd.Check(Libc.memfd_create(name, Libc.MFD_CLOEXEC), "memfd_create", name);

    /// <summary>By a description of its own: the other one stands where the writing ended.</summary>
    private static string Read(SafeFd memory)
    {
        using var file = FileSystem.Open($"/proc/self/fd/{memory.Number}", Libc.O_RDONLY);
        return Encoding.UTF8.GetString(FileSystem.ReadAllBytes(file, "memfd"));
    }
}
