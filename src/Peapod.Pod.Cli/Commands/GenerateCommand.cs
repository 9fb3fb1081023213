using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Cli.Units;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod generate systemd</c>: a unit by which pods start at boot.</summary>
internal sealed class GenerateCommand
{
    private const string ManifestFolder = "/etc/peapod/pods";
    private const long DefaultGrace = 30;

    private const string Help = """
        print a systemd unit that starts pods at boot and stops them within their grace period

        Of a manifest with -f, or of a pod that is there: then the unit needs the pod's manifest in a file, which --directory writes
        beside the unit. With --all the unit is for every pod of the host: it starts those again that ran when the host went down.

          peapod pod generate systemd -f /etc/peapod/pods/web.yaml > /etc/systemd/system/peapod-web.service
          peapod pod generate systemd web --directory /etc/systemd/system
          peapod pod generate systemd --all > /etc/systemd/system/peapod-pods.service
          systemctl enable --now peapod-web
        """;

    private readonly ManifestFiles files = new();
    private readonly Option<string?> directory = new("--directory") { Description = "write the unit, and a pod's manifest, into this folder", HelpName = "DIR", CompletionSources = { CompletionWords.Files } };
    private readonly Option<bool> all = new("--all") { Description = "a unit for all pods of the host: \"pod start --all\" at boot" };
    private readonly Argument<string?> name = new("POD") { Description = "a pod that is there", Arity = ArgumentArity.ZeroOrOne, CompletionSources = { CompletionWords.Pods } };

    internal static Command Make()
    {
        var generate = new GenerateCommand();
        var systemd = new Command("systemd", Help) { generate.directory, generate.all, generate.name };
        generate.files.AddTo(systemd);
        systemd.SetAction(generate.Run);
        return new Command("generate", "print files for other programs: systemd") { systemd };
    }

    private int Run(ParseResult parsed)
    {
        var folder = parsed.GetValue(directory) is { } given ? Path.GetFullPath(given) : null;
        if (parsed.GetValue(all))
        {
            if (files.AreGiven(parsed) || parsed.GetValue(name) is not null)
            {
                throw new PodException("--all: goes without POD and -f FILE");
            }

            Write(folder, "peapod-pods.service", new HostUnit { Command = [Executable()], PodFlags = Flags(HostOptions.Host(parsed)), Folder = HostOptions.Host(parsed).DataRoot }.ToText());
            return 0;
        }

        if (parsed.GetValue(name) is { } pod)
        {
            if (files.AreGiven(parsed))
            {
                throw new PodException("POD and -f FILE: only one of them can say what the unit runs");
            }

            OfPod(parsed, HostOptions.Find(parsed, pod), folder);
            return 0;
        }

        OfFile(parsed, folder);
        return 0;
    }

    private void OfFile(ParseResult parsed, string? folder)
    {
        if (parsed.GetValue(files.Files) is not [var file])
        {
            throw new PodException(files.AreGiven(parsed) ? "-f: a unit runs one file or folder" : "POD or -f FILE: what the unit shall run is missing");
        }

        if (file == "-")
        {
            throw new PodException("-f -: at boot there is no standard input to read");
        }

        var pods = files.Read(parsed).SelectMany(static documents => documents.Pods).ToList();
        if (pods.Count == 0)
        {
            throw new PodException($"-f {file}: no pod in it");
        }

        Write(folder, UnitName(pods[0].Metadata), Unit(parsed, pods, Path.GetFullPath(file)).ToText());
    }

    private static void OfPod(ParseResult parsed, PodFolders folders, string? folder)
    {
        var pod = ManifestFile.Read(folders);
        var manifest = $"{folder ?? ManifestFolder}/{folders.Key}.yaml";
        var unit = Unit(parsed, [pod], manifest).ToText();
        if (folder is null)
        {
            Console.Error.WriteLine($"The unit reads the pod's manifest from {manifest}; --directory DIR writes both.");
        }
        else
        {
            Write(folder, Path.GetFileName(manifest), YamlText.Of(ForAnother(pod)));
        }

        Write(folder, UnitName(pod.Metadata), unit);
    }

    private static SystemdUnit Unit(ParseResult parsed, List<PodManifest> pods, string manifest)
    {
        var host = HostOptions.Host(parsed);
        var flags = Flags(host);
        if (parsed.GetResult(HostOptions.Namespace) is { Implicit: false })
        {
            flags.AddRange(["--namespace", parsed.GetValue(HostOptions.Namespace)!]);
        }

        return new SystemdUnit
        {
            Description = $"Kubernetes pod{(pods.Count > 1 ? "s" : "")} {string.Join(", ", pods.Select(static pod => pod.Metadata.Name))} (Peapod)",
            Command = [Executable()],
            PodFlags = flags,
            Manifest = manifest,
            Folders = [host.DataRoot, Path.GetDirectoryName(manifest)!],
            Pods = pods.Count,
            GraceSeconds = pods.Max(static pod => Math.Min(int.MaxValue, pod.Spec.TerminationGracePeriodSeconds ?? DefaultGrace)),
        };
    }

    /// <summary>The flags that say where pods are kept, where that is not the usual place.</summary>
    private static List<string> Flags(PodHost host)
    {
        List<string> flags = [];
        Add("--run-root", host.RunRoot, PodHost.DefaultRunRoot);
        Add("--data-root", host.DataRoot, PodHost.DefaultDataRoot);
        Add("--network-config", host.NetworkFile, PodHost.DefaultNetworkFile);
        Add("--runtimes-config", host.RuntimesFile, RuntimesFile.DefaultPath);
        return flags;

        void Add(string flag, string value, string usual)
        {
            if (value != usual)
            {
                flags.AddRange([flag, value]);
            }
        }
    }

    /// <summary>peapod, beside this executable or, installed, in bin beside its libexec.</summary>
    private static string Executable()
    {
        var own = Path.GetDirectoryName(FileSystem.ReadLink("/proc/self/exe"))!;
        foreach (var place in (ReadOnlySpan<string>)[$"{own}/peapod", $"{own}/../../bin/peapod"])
        {
            if (FileSystem.TryStat(place) is not null)
            {
                return Path.GetFullPath(place);
            }
        }

        throw new PodException($"peapod is missing; it was looked for at {own}/peapod and {own}/../../bin/peapod");
    }

    /// <summary>A manifest that makes the like of this pod.</summary>
    private static JsonObject ForAnother(PodManifest pod) => ManifestWriter.ToJsonNode(pod with
    {
        Metadata = pod.Metadata with { Uid = null, CreationTimestamp = null, DeletionTimestamp = null },
        Spec = pod.Spec with { EphemeralContainers = [] },
    });

    private static string UnitName(ObjectMeta metadata) => $"peapod-{(metadata.Namespace is null or "default" ? "" : metadata.Namespace + "-")}{metadata.Name}.service";

    private static void Write(string? folder, string file, string text)
    {
        if (folder is null)
        {
            Console.Write(text);
            return;
        }

        try
        {
            using var opened = FileSystem.OpenDirectory(folder);
            FileSystem.Replace(opened, file, Encoding.UTF8.GetBytes(text), 0x1a4);
        }
        catch (KernelException e)
        {
            throw new PodException($"--directory {folder}: {file}: {KernelException.Describe(e.Error)}", e);
        }

        Console.WriteLine($"{folder}/{file}");
    }
}
