using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Shim.Logging;

namespace Peapod.Shim.Logs;

/// <summary>
/// Writes the log of one run of a container in CRI's line format: <c>time stream F line</c>, with P instead of F for a part of a line that goes
/// on. Both streams share one file; a file that is full is put aside by a rename. What cannot be written, because the disk is full, is
/// dropped and counted, and a line tells of it when there is room again: the container never waits for its log.
/// </summary>
internal sealed unsafe class LogWriter : IDisposable
{
    private const int LongestPart = 16384;

    /// <summary>Bytes that are gathered before they are written, when there is so much at a time.</summary>
    private const int Batch = 1 << 16;

    private readonly string folder;
    private readonly int run;
    private readonly LogLimits limits;
    private readonly ILogger? logger;
    private readonly List<byte> batch = [];
    private SafeFd file;
    private long size;
    private int batchLines;
    private long lost;
    private Errno whyLost;

    private LogWriter(string folder, int run, LogLimits limits, ILogger? logger, SafeFd file)
    {
        this.folder = folder;
        this.run = run;
        this.limits = limits;
        this.logger = logger;
        this.file = file;
        size = (long)FileSystem.Stat(file).Size;
    }

    /// <summary>Goes on with a run's log, or begins it. Runs before the last are removed.</summary>
    /// <param name="folder">The container's logs.</param>
    /// <param name="run">The run's number, from 0.</param>
    /// <param name="limits">Null for the default ones.</param>
    /// <param name="logger">Is told that a file could not be rotated.</param>
    internal static LogWriter Open(string folder, int run, LogLimits? limits = null, ILogger? logger = null)
    {
        FileSystem.MakeDirectories(folder, 0x1c0);
        foreach (var (old, part) in LogFiles.List(folder))
        {
            if (old < run - 1)
            {
                FileSystem.RemoveFile(LogFiles.PathOf(folder, old, part));
            }
        }

        return new LogWriter(folder, run, limits ?? LogLimits.Default, logger, OpenFile(folder, run));
    }

    /// <summary>One stream, which keeps the line that is not finished yet.</summary>
    internal sealed class Stream(LogWriter writer, string name)
    {
        private readonly List<byte> rest = [];
        private bool goesOn;

        /// <param name="data">What was read.</param>
        /// <param name="more">There is more to be read at once: the last line is probably whole then.</param>
        internal void Write(ReadOnlySpan<byte> data, bool more = false)
        {
            while (!data.IsEmpty)
            {
                var end = data.IndexOf((byte)'\n');
                var part = end < 0 ? data : data[..end];
                rest.AddRange(part);
                if (end >= 0 || rest.Count >= LongestPart)
                {
                    Add(whole: end >= 0);
                }

                data = end < 0 ? [] : data[(end + 1)..];
            }

            // A prompt, or a line of dots, is seen while it grows.
            if (rest.Count > 0 && !more)
            {
                Add(whole: false);
            }

            writer.Flush();
        }

        /// <summary>Writes what did not end in a line end.</summary>
        internal void Finish()
        {
            if (rest.Count > 0 || goesOn)
            {
                Add(whole: true);
                writer.Flush();
            }
        }

        private void Add(bool whole)
        {
            writer.Add(name, whole, rest);
            rest.Clear();
            goesOn = !whole;
        }
    }

    public void Dispose() => file.Dispose();

    private static SafeFd OpenFile(string folder, int run) =>
        FileSystem.Open(LogFiles.PathOf(folder, run), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0x1a0);

    private void Add(string stream, bool whole, List<byte> line)
    {
        Span<byte> head = stackalloc byte[48];
        DateTime.UtcNow.TryFormat(head, out var length, "yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z '", CultureInfo.InvariantCulture);
        length += Encoding.ASCII.GetBytes(stream, head[length..]);
        head[length++] = (byte)' ';
        head[length++] = (byte)(whole ? 'F' : 'P');
        head[length++] = (byte)' ';
        var record = length + line.Count + 1;
        if (batch.Count + record > Batch || size + batch.Count + record > limits.FileSize)
        {
            Flush();
        }

        if (size > 0 && size + record > limits.FileSize)
        {
            Rotate();
        }

        batch.AddRange(head[..length]);
        batch.AddRange(line);
        batch.Add((byte)'\n');
        batchLines += whole ? 1 : 0;
    }

    private void Flush()
    {
        if (batch.Count > 0 && TellOfLost())
        {
            if (TryWrite(CollectionsMarshal.AsSpan(batch)) is { } error)
            {
                (lost, whyLost) = (lost + batchLines, error);
            }
        }
        else
        {
            lost += batchLines;
        }

        batch.Clear();
        batchLines = 0;
    }

    /// <returns>Whether there is nothing to tell of any more.</returns>
    private bool TellOfLost()
    {
        if (lost == 0)
        {
            return true;
        }

        var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);
        if (TryWrite(Encoding.UTF8.GetBytes($"{time} stderr F peapod: {lost} lines of this log are lost: {KernelException.Describe(whyLost)}\n")) is not null)
        {
            return false;
        }

        lost = 0;
        return true;
    }

    /// <returns>Why it could not be written; of a record that did not fit nothing stays.</returns>
    private Errno? TryWrite(ReadOnlySpan<byte> data)
    {
        try
        {
            FileSystem.Write(file, data, "log");
            size += data.Length;
            return null;
        }
        catch (KernelException e)
        {
            _ = Libc.ftruncate(file.Number, size);
            return e.Error;
        }
    }

    /// <summary>Puts the file aside and begins a new one. Where that cannot be done, the file grows.</summary>
    private void Rotate()
    {
        try
        {
            var parts = LogFiles.List(folder).FindAll(file => file.Run == run && file.Part != int.MaxValue);
            var path = LogFiles.PathOf(folder, run);
            var part = parts.Count == 0 ? 1 : parts[^1].Part + 1;
            KernelException.Check(Libc.renameat(Libc.AT_FDCWD, path, Libc.AT_FDCWD, LogFiles.PathOf(folder, run, part)), "rename", path);
            for (var i = 0; i <= parts.Count - (limits.Files - 1); i++)
            {
                FileSystem.RemoveFile(LogFiles.PathOf(folder, run, parts[i].Part));
            }

            var next = OpenFile(folder, run);
            file.Dispose();
            (file, size) = (next, 0);
        }
        catch (KernelException e)
        {
            logger?.CannotDo("begin a new log file", e.Message);
        }
    }
}
