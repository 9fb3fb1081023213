using System.Text;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Criu;

/// <summary>The host's criu: found in PATH, and asked what it can do. Talked to by its RPC alone (criu swrk), never by its flags.</summary>
internal sealed class CriuProgram
{
    /// <summary>3.16 (2021): from it on LSM profiles, external PID namespaces and the freezer of cgroup v2 work.</summary>
    private const int OldestVersion = 31600;
    private const string Install = "install criu: apt install criu, dnf install criu, or https://criu.org/Packages";

    private CriuProgram(string path) => Path = path;

    internal string Path { get; }

    /// <exception cref="ContainerException">There is none, it does not answer, or it is too old.</exception>
    internal static CriuProgram Find()
    {
        var program = new CriuProgram(PathOf() ?? throw new ContainerException($"criu: executable file not found in $PATH\n  {Install}"));
        var version = program.Ask(new CriuRequest(CriuRequestType.Version)).Version;
        return version >= OldestVersion ? program
            : throw new ContainerException($"criu: \"{program.Path}\" is version {version / 10000}.{version / 100 % 100}, and 3.16 is the oldest that will do\n  {Install}");
    }

    /// <exception cref="ContainerException">The kernel cannot tell which pages have changed.</exception>
    internal void NeedMemoryTracking(string flag)
    {
        if (!Ask(new CriuRequest(CriuRequestType.FeatureCheck) { AsksForMemoryTracking = true }).TracksMemory)
        {
            throw new ContainerException($"{flag}: criu misses the feature mem_dirty_track here: the kernel does not tell which pages have changed\n  it needs a kernel with CONFIG_MEM_SOFT_DIRTY (criu check --feature mem_dirty_track)");
        }
    }

    /// <exception cref="ContainerException">The kernel cannot have pages fetched when they are used.</exception>
    internal void NeedLazyPages()
    {
        if (!Ask(new CriuRequest(CriuRequestType.FeatureCheck) { AsksForLazyPages = true }).HasLazyPages)
        {
            throw new ContainerException("--lazy-pages: criu misses the feature uffd here: the kernel cannot have pages fetched when they are used\n  it needs a kernel with CONFIG_USERFAULTFD (criu check --feature uffd)");
        }
    }

    /// <summary>What criu check finds wrong with this kernel, with what to do about it; empty when it finds nothing.</summary>
    internal string Check()
    {
        using var output = SafeFd.Check(Libc.memfd_create("criu-check", Libc.MFD_CLOEXEC), "memfd_create", "criu-check");
        using var process = ChildProcess.Start(Path, ["criu", "check"], [], new(null, output, output), cwd: null);
        if (process.Wait().Reported == 0)
        {
            return "";
        }

        Libc.lseek(output.Number, 0, 0);
        var text = new StringBuilder("\n  criu check:");
        foreach (var line in Encoding.UTF8.GetString(FileSystem.ReadAllBytes(output, "criu-check")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append("\n    ").Append(line);
        }

        return text.Append("\n  what it misses is either the kernel's to have, or a newer criu knows another way: https://criu.org/Packages").ToString();
    }

    private static string? PathOf()
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            var path = $"{folder}/criu";
            if (folder.StartsWith('/') && FileSystem.TryStat(path) is { Type: Libc.S_IFREG } status && (status.Mode & 0x49) != 0)
            {
                return path;
            }
        }

        return null;
    }

    private CriuResponse Ask(CriuRequest request)
    {
        using var output = SafeFd.Check(Libc.memfd_create("criu", Libc.MFD_CLOEXEC), "memfd_create", "criu");
        using var criu = CriuProcess.Start(Path, new(null, output, output), [], cgroup: null);
        if (criu.Ask(request) is { Success: true } response)
        {
            return response;
        }

        throw new ContainerException($"criu: \"{Path}\" does not say {(request.Type == CriuRequestType.Version ? "its version" : "what it can do here")}{Check()}");
    }
}
