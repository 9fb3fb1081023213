using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Shim.Logs;

/// <summary>Reads a container's log back, across its files: the lines as the container wrote them. A reader that is asked again goes on where it was, with the next run, too.</summary>
public sealed class LogReader : IDisposable
{
    private readonly string folder;
    private readonly LogOptions options;
    private readonly byte[] since;
    private readonly byte[] buffer = new byte[65536];
    private readonly List<byte> rest = [];
    private SafeFd? file;
    private int run;
    private readonly HashSet<string> continued = [];

    private LogReader(string folder, int run, LogOptions options)
    {
        this.folder = folder;
        this.run = run;
        this.options = options;
        since = options.Since is { } time ? Encoding.ASCII.GetBytes(time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture)) : [];
    }

    /// <summary>Opens the log of a run.</summary>
    /// <param name="folder">The container's logs.</param>
    /// <param name="run">The run's number, from 0.</param>
    /// <param name="options">Which lines are wanted.</param>
    internal static LogReader Open(string folder, int run, LogOptions options)
    {
        var reader = new LogReader(folder, run, options);
        reader.Begin();
        return reader;
    }

    /// <summary>Hands on what was written since the last call.</summary>
    /// <param name="write">Takes the stream's name and the text.</param>
    public void Read(Action<string, ReadOnlyMemory<byte>> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        do
        {
            ReadToEnd(write);
        }
        while (GoOn(write));
    }

    public void Dispose() => file?.Dispose();

    private void ReadToEnd(Action<string, ReadOnlyMemory<byte>> write)
    {
        int count;
        while (file is not null && (count = FileSystem.Read(file, buffer)) > 0)
        {
            var data = buffer.AsSpan(0, count);
            int end;
            while ((end = data.IndexOf((byte)'\n')) >= 0)
            {
                rest.AddRange(data[..(end + 1)]);
                Hand(rest.ToArray(), write);
                rest.Clear();
                data = data[(end + 1)..];
            }

            rest.AddRange(data);
        }
    }

    /// <summary>Opens what comes after the file that was read to its end.</summary>
    /// <returns>False when there is nothing yet.</returns>
    private bool GoOn(Action<string, ReadOnlyMemory<byte>> write)
    {
        var files = LogFiles.List(folder);
        var here = file is null ? -1 : IndexOf(files, FileSystem.Stat(file).Inode);
        var next = here >= 0 ? here + 1 : file is null ? files.FindIndex(other => other.Run >= run) : files.FindIndex(other => other.Run == run);
        if (here < 0 && next < 0)
        {
            next = files.FindIndex(other => other.Run > run);
        }

        if (next < 0 || next >= files.Count || (options.Previous && files[next].Run != run))
        {
            return false;
        }

        // The last of it may have been written between the reading and the rename.
        ReadToEnd(write);
        var opened = TryOpenFile(files[next]);
        if (opened is null)
        {
            return true;
        }

        file?.Dispose();
        file = opened;
        run = files[next].Run;
        rest.Clear();
        return true;
    }

    private int IndexOf(List<(int Run, int Part)> files, ulong inode)
    {
        for (var i = 0; i < files.Count; i++)
        {
            if (FileSystem.TryStat(LogFiles.PathOf(folder, files[i].Run, files[i].Part)) is { } found && found.Inode == inode)
            {
                return i;
            }
        }

        return -1;
    }

    private SafeFd? TryOpenFile((int Run, int Part) name)
    {
        // Without waiting, whatever somebody has put in its place.
        var fd = Libc.open(LogFiles.PathOf(folder, name.Run, name.Part), Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
        }

        var opened = new SafeFd(fd);
        if (FileSystem.Stat(opened, "log").Type == Libc.S_IFREG)
        {
            return opened;
        }

        opened.Dispose();
        return null;
    }

    /// <summary>Opens the run's first file, or that in which the last lines begin.</summary>
    private void Begin()
    {
        var files = LogFiles.List(folder).FindAll(file => file.Run == run);
        if (options.Tail is not { } wanted)
        {
            file = files.Count > 0 ? TryOpenFile(files[0]) : null;
            return;
        }

        var seen = "";
        for (var i = files.Count - 1; i >= 0; i--)
        {
            var opened = TryOpenFile(files[i]);
            if (opened is null)
            {
                continue;
            }

            file?.Dispose();
            file = opened;
            var text = FileSystem.ReadAllBytes(opened, "log", int.MaxValue);
            var start = StartOfLast(text, ref wanted, ref seen);
            _ = Libc.lseek(opened.Number, start, 0);
            if (wanted <= 0)
            {
                return;
            }
        }
    }

    /// <summary>Where the last lines begin; what of them the text does not have is left in <paramref name="wanted"/>. A line in parts counts once, one without an end too.</summary>
    /// <param name="seen">The first letters of those streams whose last record was met: a part that nothing of its stream follows is a line without an end.</param>
    internal static int StartOfLast(ReadOnlySpan<byte> text, ref int wanted, ref string seen)
    {
        // From the end: each record's start, until one more line's end than wanted would be in it.
        var start = text.LastIndexOf((byte)'\n') + 1;
        while (start > 0)
        {
            var before = text[..(start - 1)].LastIndexOf((byte)'\n') + 1;
            if (EndsLine(text[before..start], ref seen) && wanted-- == 0)
            {
                return start;
            }

            start = before;
        }

        return start;
    }

    private static bool EndsLine(ReadOnlySpan<byte> record, ref string seen)
    {
        const string streams = "stdout";
        var time = record.IndexOf((byte)' ');
        var stream = time < 0 ? -1 : record[(time + 1)..].IndexOf((byte)' ');
        if (stream != streams.Length || time + stream + 2 >= record.Length)
        {
            return false;
        }

        var letter = (char)record[time + 4];
        var isLast = !seen.Contains(letter);
        seen = isLast ? seen + letter : seen;
        return isLast || record[time + stream + 2] == (byte)'F';
    }

    private void Hand(byte[] line, Action<string, ReadOnlyMemory<byte>> write)
    {
        // "time stream F text\n"
        var time = Array.IndexOf(line, (byte)' ');
        var stream = time < 0 ? -1 : Array.IndexOf(line, (byte)' ', time + 1);
        var tag = stream < 0 ? -1 : Array.IndexOf(line, (byte)' ', stream + 1);
        if (tag < 0)
        {
            // Not a record: the host lost power while it was written.
            return;
        }

        var whole = line[stream + 1] == (byte)'F';
        var name = Encoding.ASCII.GetString(line, time + 1, stream - time - 1);
        if (since.Length > 0 && line.AsSpan(0, time).SequenceCompareTo(since) < 0)
        {
            return;
        }

        var begins = whole ? !continued.Remove(name) : continued.Add(name);
        if (options.Timestamps && begins)
        {
            write(name, line.AsMemory(0, time + 1));
        }

        write(name, line.AsMemory((tag + 1)..(whole ? line.Length : line.Length - 1)));
    }
}
