using System.CommandLine;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Pod.Cli.Copying;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod cp</c>: files and folders between this host and a running container, by this process itself: the image needs no tar.</summary>
internal static class CopyCommand
{
    private const string Help = """
        copy files and folders to and from containers

        One of SRC and DEST is POD:PATH. A path in a container that is not absolute begins at the container's working folder.
        What DEST names is made, unless it is a folder: then SRC goes into it. SRC/. means what is in the folder SRC.
        Symlinks on the way are followed inside the container only. Modes and times go along, owners do not: what comes into a
        container belongs to the container's user, what comes out to the caller. A symlink that may lead out of what is copied
        does not come out of a container.

          peapod pod cp index.html web:/var/www/         into a folder
          peapod pod cp web:/var/log/app ./logs -c app   out of a container of several
        """;

    internal static Command Make()
    {
        var container = new Option<string?>("--container", "-c") { Description = "which container; by default the first", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers } };
        var source = new Argument<string>("SRC") { Description = "a path, or POD:PATH", CompletionSources = { CompletionWords.Files } };
        var target = new Argument<string>("DEST") { Description = "a path, or POD:PATH", CompletionSources = { CompletionWords.Files } };
        var command = new Command("cp", Help) { container, source, target };
        command.SetAction(parsed =>
        {
            Copy(parsed, parsed.GetValue(source)!, parsed.GetValue(target)!, parsed.GetValue(container));
            return 0;
        });
        return command;
    }

    private static void Copy(ParseResult parsed, string source, string target, string? container)
    {
        var (sourcePod, sourcePath) = Split(source);
        var (targetPod, targetPath) = Split(target);
        if (sourcePod is null == targetPod is null)
        {
            throw new PodException($"one of SRC and DEST must be POD:PATH, and the other a local path\n  SRC is \"{source}\", DEST is \"{target}\"");
        }

        var folders = HostOptions.FindSupervised(parsed, (sourcePod ?? targetPod)!);
        var name = ContainerChoice.Choose(folders, container);
        using var from = sourcePod is null ? new CopyEnd(null, sourcePath, source) : CopyTarget.Open(folders, name, sourcePath, source);
        using var to = targetPod is null ? new CopyEnd(null, targetPath, target) : CopyTarget.Open(folders, name, targetPath, target);
        if (targetPod is null)
        {
            Copy(from, to, keepsAllLinks: false);
            return;
        }

        var (uid, gid) = CopyTarget.Owner(folders, name);
        using var identity = FileIdentity.Assume(uid, gid);
        Copy(from, to, keepsAllLinks: true);
    }

    private static void Copy(CopyEnd from, CopyEnd to, bool keepsAllLinks)
    {
        var copy = new TreeCopy(Console.Error.WriteLine, keepsAllLinks);
        using var source = from.TryOpen(from.Path, 0) ?? throw new PodException($"{from.Text}: No such file or directory");
        var isFolder = FileSystem.Stat(source, from.Text).IsDirectory;
        if (from.MeansFolder && !isFolder)
        {
            throw new PodException($"{from.Text}: Not a directory");
        }

        using var there = to.TryOpen(to.Path.Length > 1 ? to.Path.TrimEnd('/') : to.Path, 0);
        try
        {
            if (there is null)
            {
                CopyToNew(copy, from, source, isFolder, to);
            }
            else if (FileSystem.Stat(there, to.Text).IsDirectory)
            {
                using var folder = TreeCopy.OpenFolder(there, to.Text);
                CopyToFolder(copy, from, source, folder, to);
            }
            else if (isFolder || to.MeansFolder)
            {
                throw new PodException($"{to.Text}: Not a directory");
            }
            else
            {
                copy.CopyInto(source, there, from.Text, to.Text);
            }
        }
        catch (KernelException e)
        {
            throw new PodException($"{e.Subject ?? from.Text}: cannot copy to {to.Text}: {KernelException.Describe(e.Error)}", e);
        }
    }

    private static void CopyToFolder(TreeCopy copy, CopyEnd from, SafeFd source, SafeFd folder, CopyEnd to)
    {
        TreeCopy.RefuseKernel(folder, to.Text);
        if (from.MeansContent)
        {
            copy.CopyContent(source, folder, from.Text);
        }
        else
        {
            copy.Copy(source, folder, Encoding.UTF8.GetBytes(from.Name), from.Text);
        }
    }

    private static void CopyToNew(TreeCopy copy, CopyEnd from, SafeFd source, bool isFolder, CopyEnd to)
    {
        if (to.MeansFolder && !isFolder)
        {
            throw new PodException($"{to.Text}: No such file or directory\n  a path that ends in / must be a folder that is there");
        }

        using var parent = to.TryOpen(to.Folder, Libc.O_DIRECTORY) ?? throw new PodException($"{to.Text}: No such file or directory\n  the folder it is to be in is not there");
        using var folder = TreeCopy.OpenFolder(parent, to.Text);
        TreeCopy.RefuseKernel(folder, to.Text);
        copy.Copy(source, folder, Encoding.UTF8.GetBytes(to.Name), from.Text);
    }

    /// <summary>A path that begins with / or . is local, whatever it holds, as kubectl has it.</summary>
    private static (string? Pod, string Path) Split(string text)
    {
        var colon = text.StartsWith('/') || text.StartsWith('.') ? -1 : text.IndexOf(':');
        var path = text[(colon + 1)..];
        if (colon == 0 || path.Length == 0)
        {
            throw new PodException($"\"{text}\": {(colon == 0 ? "the pod's name is missing" : "the path is missing")}\n  expected PATH or POD:PATH");
        }

        return (colon < 0 ? null : text[..colon], path);
    }
}
