using System.CommandLine;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>What <c>-f</c> names: files, folders of them, standard input.</summary>
internal sealed class ManifestFiles
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    internal Option<string[]> Files { get; } = new("--filename", "-f")
    {
        Description = "manifest file, a folder's *.yaml, *.yml and *.json, or - for standard input; repeatable", HelpName = "FILE", CompletionSources = { Selection.CompletionWords.Files },
    };

    internal Option<string?> Kustomization { get; } = new("--kustomize", "-k")
    {
        Description = "folder with a kustomization, which \"kubectl kustomize\" or kustomize resolves", HelpName = "DIR", CompletionSources = { Selection.CompletionWords.Files },
    };

    internal Option<bool> Recursive { get; } = new("--recursive", "-R") { Description = "also the folders in a folder given with -f" };

    internal Option<bool> Lenient { get; } = new("--lenient") { Description = "unknown fields of a manifest, and objects of kinds that nothing here looks after, are warnings, not errors" };

    internal void AddTo(Command command)
    {
        command.Options.Add(Files);
        command.Options.Add(Kustomization);
        command.Options.Add(Recursive);
        command.Options.Add(Lenient);
    }

    internal bool AreGiven(ParseResult parsed) => parsed.GetValue(Files) is { Length: > 0 } || parsed.GetValue(Kustomization) is not null;

    /// <summary>All that the files hold, in their order; warnings go to standard error.</summary>
    /// <exception cref="PodException">One cannot be read, or is of another namespace than -n says.</exception>
    /// <exception cref="ManifestException">With what is wrong in any of them.</exception>
    internal List<ManifestDocuments> Read(ParseResult parsed)
    {
        var documents = new List<ManifestDocuments>();
        var errors = new List<ManifestError>();
        if (parsed.GetValue(Kustomization) is { } folder)
        {
            if (parsed.GetValue(Files) is { Length: > 0 })
            {
                throw new PodException("-f and -k: only one of them can be specified");
            }

            Add(() => ManifestReader.Read($"-k {folder}", Kustomized(folder), parsed.GetValue(Lenient)), $"-k {folder}");
        }

        foreach (var path in parsed.GetValue(Files) ?? [])
        {
            foreach (var file in Expand(path, parsed.GetValue(Recursive)))
            {
                Add(() => Read(file, parsed.GetValue(Lenient)), $"-f {file}");
            }
        }

        if (errors.Count > 0)
        {
            throw new ManifestException(errors);
        }

        return documents.Exists(static read => !read.IsEmpty) ? documents
            : throw new PodException($"{(parsed.GetValue(Kustomization) is { } given ? $"-k {given}" : $"-f {string.Join(", ", parsed.GetValue(Files)!)}")}: nothing in it that is read here");

        void Add(Func<ManifestDocuments> read, string flag)
        {
            try
            {
                var found = read();
                foreach (var warning in found.Warnings)
                {
                    Report.Warn(warning);
                }

                documents.Add(InNamespace(parsed, found, flag));
            }
            catch (ManifestException e)
            {
                errors.AddRange(e.Errors);
            }
        }
    }

    /// <summary>What a kustomization comes to.</summary>
    /// <exception cref="PodException">There is no program for that, or it failed.</exception>
    private static byte[] Kustomized(string folder) =>
        HostProgram.Find("kubectl") is not null ? HostProgram.Read("kubectl", "kustomize", folder)
        : HostProgram.Find("kustomize") is not null ? HostProgram.Read("kustomize", "build", folder)
        : throw new PodException($"-k {folder}: neither kubectl nor kustomize is in $PATH, and one of them must resolve the kustomization");

    private static ManifestDocuments Read(string file, bool lenient)
    {
        try
        {
            return ManifestReader.Read(file == "-" ? "standard input" : file, FileSystem.ReadInput(file, ManifestReader.MaximumSize), lenient);
        }
        catch (KernelException e) when (file.StartsWith("http://", StringComparison.Ordinal) || file.StartsWith("https://", StringComparison.Ordinal))
        {
            throw new PodException($"-f {file}: URLs are not read\n  curl -fsSL {file} | peapod pod apply -f -", e);
        }
        catch (KernelException e) when (e.Error == Errno.EFBIG)
        {
            throw new PodException($"-f {file}: larger than {ManifestReader.MaximumSize} bytes\n  split it into several files", e);
        }
        catch (KernelException e)
        {
            throw new PodException($"-f {file}: {KernelException.Describe(e.Error)}", e);
        }
    }

    private static List<string> Expand(string given, bool recursive)
    {
        if (given == "-" || FileSystem.TryStat(given) is not { IsDirectory: true })
        {
            return [given];
        }

        var files = new List<string>();
        AddFolder(given, recursive, files);
        return files.Count > 0 ? files : throw new PodException($"-f {given}: no *.yaml, *.yml or *.json in that folder");
    }

    private static void AddFolder(string folder, bool recursive, List<string> files)
    {
        var names = FileSystem.List(folder);
        names.Sort(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var path = $"{folder.TrimEnd('/')}/{name}";
            if (FileSystem.TryStat(path) is { IsDirectory: true })
            {
                if (recursive)
                {
                    AddFolder(path, recursive, files);
                }
            }
            else if (Extensions.AsSpan().Contains(Path.GetExtension(name)))
            {
                files.Add(path);
            }
        }
    }

    /// <summary>-n is for what says no namespace; what says another than that is refused, as kubectl does.</summary>
    private static ManifestDocuments InNamespace(ParseResult parsed, ManifestDocuments documents, string flag)
    {
        if (parsed.GetResult(HostOptions.Namespace) is not { Implicit: false } || parsed.GetValue(HostOptions.Namespace) is not { } wanted)
        {
            return documents;
        }

        return documents with
        {
            Pods = [.. documents.Pods.Select(pod => pod with { Metadata = Move(pod.Metadata) })],
            ConfigMaps = [.. documents.ConfigMaps.Select(map => map with { Metadata = Move(map.Metadata) })],
            Secrets = [.. documents.Secrets.Select(secret => secret with { Metadata = Move(secret.Metadata) })],
            PersistentVolumeClaims = [.. documents.PersistentVolumeClaims.Select(claim => claim with { Metadata = Move(claim.Metadata) })],
        };

        ObjectMeta Move(ObjectMeta metadata) => metadata.Namespace is null or "default" || metadata.Namespace == wanted
            ? metadata with { Namespace = wanted }
            : throw new PodException($"{flag}: the namespace of \"{metadata.Name}\", \"{metadata.Namespace}\", does not match the namespace \"{wanted}\" of -n");
    }
}
