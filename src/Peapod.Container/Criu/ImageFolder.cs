using System.Buffers;
using System.Text;
using System.Text.Json;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Criu;

/// <summary>
/// A folder of images or of logs. Whoever made the images may have put anything there: links are not followed, and nothing is read from it
/// but what the standard streams were, and the log of this very call.
/// </summary>
internal sealed class ImageFolder : IDisposable
{
    /// <summary>runc's name, and its form: a list of three links.</summary>
    private const string DescriptorsName = "descriptors.json";

    /// <summary>The one link that criu makes, and reads: the folder of --parent-path.</summary>
    private const string ParentName = "parent";
    private const uint FolderMode = 0x1c0; // 0700
    private const uint FileMode = 0x180; // 0600
    private const int MostRead = 64 << 20;
    private const int MostErrors = 6;

    private ImageFolder(string path, SafeFd directory)
    {
        Path = path;
        Directory = directory;
    }

    internal string Path { get; }

    internal SafeFd Directory { get; private set; }

    internal static ImageFolder Open(string path, string flag, bool make)
    {
        try
        {
            if (make)
            {
                FileSystem.MakeDirectories(path, FolderMode);
            }

            return new(path, FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY));
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{flag}: cannot {(make ? "make" : "open")} the folder \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    /// <summary>Opens the same folder in the mount namespace that this thread is in by now.</summary>
    internal void Reopen()
    {
        var again = FileSystem.Open(Path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var (before, now) = (FileSystem.Stat(Directory, Path), FileSystem.Stat(again, Path));
        Directory.Dispose();
        Directory = again;
        if ((before.DevMajor, before.DevMinor, before.Inode) != (now.DevMajor, now.DevMinor, now.Inode))
        {
            throw new ContainerException($"--image-path: \"{Path}\" became another folder meanwhile");
        }
    }

    /// <summary>A new and empty log, so that criu writes through nobody's link.</summary>
    internal void BeginLog(string name)
    {
        FileSystem.Remove(Directory, name, 0);
        FileSystem.OpenAt(Directory, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, FileMode).Dispose();
    }

    /// <summary>What criu calls an error in its log, each on a line of its own.</summary>
    /// <param name="name">The log that criu was told to write.</param>
    /// <param name="path">Where it has written it.</param>
    internal string ErrorsOf(string name, string path)
    {
        // The first ones say what went wrong, the last ones what came of it.
        var (text, count) = (new StringBuilder(), 0);
        var log = path == $"{Path}/{name}" ? Read(name) : FileSystem.TryReadBytes(path) ?? [];
        foreach (var line in Encoding.UTF8.GetString(log).Split('\n'))
        {
            if (line.IndexOf("Error (", StringComparison.Ordinal) is >= 0 and var at && count++ < MostErrors)
            {
                text.Append("\n  ").Append(line.AsSpan(at));
            }
        }

        return text.ToString();
    }

    internal void WriteDescriptors(IReadOnlyList<string> links)
    {
        var memory = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(memory))
        {
            writer.WriteStartArray();
            foreach (var link in links)
            {
                writer.WriteStringValue(link);
            }

            writer.WriteEndArray();
        }

        FileSystem.Replace(Directory, DescriptorsName, memory.WrittenSpan, FileMode);
    }

    /// <summary>What the standard streams were when the container was checkpointed.</summary>
    internal IReadOnlyList<string> ReadDescriptors()
    {
        try
        {
            var links = new List<string>();
            var reader = new Utf8JsonReader(Read(DescriptorsName));
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.String && links.Count < 3)
            {
                links.Add(reader.GetString()!);
            }

            return reader.TokenType == JsonTokenType.EndArray ? links : throw new JsonException("it is no list of three strings");
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--image-path: \"{Path}\" has no whole checkpoint: {DescriptorsName}: {KernelException.Describe(e.Error)}", 1, e);
        }
        catch (JsonException e)
        {
            throw new ContainerException($"--image-path: \"{Path}/{DescriptorsName}\" cannot be read: {e.Message}", 1, e);
        }
    }

    /// <summary>criu follows what is in the folder: nothing may lead out of it.</summary>
    internal void RefuseLinks()
    {
        foreach (var name in FileSystem.List(Directory, Path))
        {
            KernelException.Check(Libc.statx(Directory.Number, name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var status), "statx", name);
            if (status.Type is not (Libc.S_IFREG or Libc.S_IFDIR) && !(status.Type == Libc.S_IFLNK && name == ParentName))
            {
                throw new ContainerException($"--image-path: \"{Path}/{name}\" is {(status.Type == Libc.S_IFLNK ? "a symlink" : "no file")}: a checkpoint has files only");
            }
        }
    }

    public void Dispose() => Directory.Dispose();

    private byte[] Read(string name)
    {
        using var file = FileSystem.OpenAt(Directory, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        return FileSystem.ReadAllBytes(file, name, MostRead);
    }
}
