using System.CommandLine;
using Microsoft.Win32.SafeHandles;
using Peapod.Image.Saving;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Image.Cli.Commands;

/// <summary><c>peapod image save</c>, with podman's flags.</summary>
internal static class SaveCommand
{
    internal static Command Make()
    {
        var images = new Argument<string[]>("IMAGE") { Description = "names or ids", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Images } };
        var output = new Option<string?>("--output", "-o") { Description = "the file, or the folder of oci-dir; by default standard output", HelpName = "PATH", CompletionSources = { CompletionWords.Files } };
        var format = new Option<string>("--format") { Description = "docker-archive, oci-archive or oci-dir", DefaultValueFactory = static _ => "docker-archive", HelpName = "FORMAT" };
        format.CompletionSources.Add("docker-archive", "oci-archive", "oci-dir");
        var command = new Command("save", "write images into an archive or a folder") { images, output, format };
        command.SetAction(parsed =>
        {
            var saver = new ImageSaver(ImageCommands.Store(parsed));
            var names = parsed.GetValue(images)!;
            var path = parsed.GetValue(output);
            switch (parsed.GetValue(format))
            {
                case "oci-dir":
                    SaveFolder(path ?? throw new ImageException("--format oci-dir needs a folder: --output PATH"), target => saver.SaveLayout(names, target));
                    break;
                case "oci-archive":
                    SaveArchive(path, target => saver.SaveLayout(names, target));
                    break;
                case "docker-archive":
                    SaveArchive(path, target => saver.SaveDockerArchive(names, target));
                    break;
                case var other:
                    throw new ImageException($"--format: \"{other}\" is none of docker-archive, oci-archive and oci-dir");
            }

            return 0;
        });
        return command;
    }

    /// <summary>A folder of its own beside the wanted one, until it is whole.</summary>
    private static void SaveFolder(string path, Action<ISaveTarget> save)
    {
        if (FileSystem.TryStat(path) is not null)
        {
            throw new ImageException($"--output: \"{path}\" exists already");
        }

        var unfinished = $"{path.TrimEnd('/')}.{Guid.NewGuid():N}";
        FileSystem.MakeDirectory(unfinished, 0x1ed);
        try
        {
            save(new FolderTarget(unfinished));
            KernelException.Check(Libc.renameat(Libc.AT_FDCWD, unfinished, Libc.AT_FDCWD, path.TrimEnd('/')), "rename", path);
        }
        catch
        {
            FileTree.Remove(unfinished);
            throw;
        }
    }

    private static void SaveArchive(string? path, Action<ISaveTarget> save)
    {
        if (path is null)
        {
            if (Libc.isatty(1) == 1)
            {
                throw new ImageException("standard output is a terminal; name a file with --output, or send it somewhere");
            }

            using var standard = new SafeFileHandle(1, ownsHandle: false);
            WriteArchive(standard, "standard output", save);
            return;
        }

        if (FileSystem.TryStat(path) is { } found)
        {
            if (found.Type == Libc.S_IFREG && found.Size > 0)
            {
                throw new ImageException($"--output: \"{path}\" exists already");
            }

            if (found.Type != Libc.S_IFREG)
            {
                // A pipe or a device, whose place no file takes.
                using var special = FileSystem.Open(path, Libc.O_WRONLY);
                using var handle = new SafeFileHandle(special.Number, ownsHandle: false);
                WriteArchive(handle, path, save);
                return;
            }
        }

        var unfinished = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (var file = FileSystem.Open(unfinished, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x1b6))
            using (var handle = new SafeFileHandle(file.Number, ownsHandle: false))
            {
                WriteArchive(handle, path, save);
            }

            KernelException.Check(Libc.renameat(Libc.AT_FDCWD, unfinished, Libc.AT_FDCWD, path), "rename", path);
        }
        catch
        {
            FileSystem.RemoveFile(unfinished);
            throw;
        }
    }

    private static void WriteArchive(SafeFileHandle handle, string subject, Action<ISaveTarget> save)
    {
        try
        {
            using var stream = new FileStream(handle, FileAccess.Write, bufferSize: 1 << 16);
            using (var target = new ArchiveTarget(stream))
            {
                save(target);
            }

            stream.Flush();
        }
        catch (IOException error)
        {
            throw new ImageException($"{subject}: cannot be written to its end: no space, or nobody reads", error);
        }
    }
}
