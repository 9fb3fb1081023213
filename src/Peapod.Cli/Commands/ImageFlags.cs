using System.CommandLine;
using Peapod.Container;
using Peapod.Container.Criu;

namespace Peapod.Cli.Commands;

/// <summary>The flags that checkpoint and restore have in common.</summary>
internal sealed class ImageFlags
{
    private const string DefaultFolder = "checkpoint";

    private readonly Option<string?> images = new("--image-path") { Description = "folder of the images (./checkpoint)" };
    private readonly Option<string?> work = new("--work-path") { Description = "folder of criu's log and work files (that of the images)" };
    private readonly Option<bool> tcpEstablished = new("--tcp-established") { Description = "TCP connections, too" };
    private readonly Option<bool> extUnixSk = new("--ext-unix-sk") { Description = "unix sockets whose other side is outside, too" };
    private readonly Option<bool> shellJob = new("--shell-job") { Description = "what lives on a terminal of the caller's, too" };
    private readonly Option<bool> fileLocks = new("--file-locks") { Description = "file locks, too" };
    private readonly Option<bool> lazyPages = new("--lazy-pages") { Description = "memory is fetched when it is used" };
    private readonly Option<bool> autoDedup = new("--auto-dedup") { Description = "free what a later image has anew" };
    private readonly Option<string?> cgroupsMode = new("--manage-cgroups-mode") { Description = "soft, full, strict or ignore" };
    private readonly Option<string[]> emptyNs = new("--empty-ns") { Description = "network: its content is nobody's, which it is here in any case", AllowMultipleArgumentsPerToken = false };

    internal void AddTo(Command command)
    {
        command.Options.Add(images);
        command.Options.Add(work);
        command.Options.Add(tcpEstablished);
        command.Options.Add(extUnixSk);
        command.Options.Add(shellJob);
        command.Options.Add(fileLocks);
        command.Options.Add(lazyPages);
        command.Options.Add(autoDedup);
        command.Options.Add(cgroupsMode);
        command.Options.Add(emptyNs);
    }

    internal ImageOptions Read(ParseResult parsed)
    {
        foreach (var name in parsed.GetValue(emptyNs) ?? [])
        {
            if (name != "network")
            {
                throw new ContainerException($"--empty-ns: namespace \"{name}\" is not supported\n  network is the one that is");
            }
        }

        return new ImageOptions
        {
            Images = Path.GetFullPath(parsed.GetValue(images) is { Length: > 0 } folder ? folder : DefaultFolder),
            Work = parsed.GetValue(work) is { Length: > 0 } path ? Path.GetFullPath(path) : null,
            TcpEstablished = parsed.GetValue(tcpEstablished),
            ExtUnixSk = parsed.GetValue(extUnixSk),
            ShellJob = parsed.GetValue(shellJob),
            FileLocks = parsed.GetValue(fileLocks),
            LazyPages = parsed.GetValue(lazyPages),
            AutoDedup = parsed.GetValue(autoDedup),
            CgroupsMode = parsed.GetValue(cgroupsMode) switch
            {
                null or "" => CgroupsMode.Default,
                "soft" => CgroupsMode.Soft,
                "full" => CgroupsMode.Full,
                "strict" => CgroupsMode.Strict,
                "ignore" => CgroupsMode.Ignore,
                var other => throw new ContainerException($"--manage-cgroups-mode: \"{other}\" is none of soft, full, strict and ignore"),
            },
        };
    }
}
