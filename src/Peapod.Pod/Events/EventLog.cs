using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;
using Peapod.Pod.Layout;
using Peapod.Pod.Logging;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Events;

/// <summary>The events of a pod: a file with one JSON object a line, written by the supervisor at its end. Read, what happened again is one event with a count.</summary>
public sealed class EventLog : IDisposable
{
    /// <summary>Bytes at which the file is written anew, with its events counted.</summary>
    private const long LargestFile = 128 << 10;

    /// <summary>Events that are kept then, the last.</summary>
    private const int MostEvents = 200;

    private readonly PodFolders folders;
    private readonly object writing = new();
    private SafeFd? file;
    private long size;

    /// <param name="log">Is told of each event too.</param>
    internal EventLog(PodFolders folders, ILogger? log = null)
    {
        this.folders = folders;
        Log = log ?? NullLogger.Instance;
    }

    internal ILogger Log { get; }

    /// <summary>The events of a pod, in the order in which they last happened.</summary>
    public static IReadOnlyList<PodEvent> Read(PodFolders folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        try
        {
            return Parse(PodFolders.TryRead(folders.Events) ?? []);
        }
        catch (KernelException e) when (e.IsDamage)
        {
            throw new DamagedStateException(folders.Events, e.Reason, folders.Removal, e);
        }
    }

    internal static List<PodEvent> Parse(ReadOnlySpan<byte> text)
    {
        var events = new List<PodEvent>();
        while (text.IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (end > 0 && TryParse(text[..end]) is { } next)
            {
                Count(events, next);
            }

            text = text[(end + 1)..];
        }

        return events;
    }

    /// <summary>Null for a line that was damaged: it does not keep the others from being read.</summary>
    private static PodEvent? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            return PodEvent.Parse(line);
        }
        catch (SpecException)
        {
            return null;
        }
    }

    /// <summary>Writes down what has happened. That it cannot be written is told in the supervisor's log, and stops nothing. For any thread.</summary>
    internal void Add(string type, string reason, string? fieldPath, string message)
    {
        Log.Happened(type, reason, fieldPath ?? "pod", message);
        var now = Timestamp.Now;
        byte[] line = [.. new PodEvent { Type = type, Reason = reason, FieldPath = fieldPath, Message = message, FirstTimestamp = now, LastTimestamp = now }.ToJson(), (byte)'\n'];
        lock (writing)
        {
            Write(line);
        }
    }

    public void Dispose() => file?.Dispose();

    private void Write(byte[] line)
    {
        try
        {
            if (file is null)
            {
                file = FileSystem.Open(folders.Events, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0x180);
                size = (long)FileSystem.Stat(file).Size;
            }

            FileSystem.Write(file, line, "events");
            size += line.Length;
            if (size > LargestFile)
            {
                WriteAnew();
            }
        }
        catch (KernelException e)
        {
            if (file is not null)
            {
                // What was written of the line: the next one begins on a line of its own.
                _ = Libc.ftruncate(file.Number, size);
            }

            Log.EventsNotWritten(e.Message);
        }
    }

    private static void Count(List<PodEvent> events, PodEvent next)
    {
        for (var i = events.Count - 1; i >= 0; i--)
        {
            var known = events[i];
            if (known.Reason == next.Reason && known.Message == next.Message && known.FieldPath == next.FieldPath && known.Type == next.Type)
            {
                events.RemoveAt(i);
                next = next with { Count = known.Count + next.Count, FirstTimestamp = known.FirstTimestamp };
                break;
            }
        }

        events.Add(next);
    }

    private void WriteAnew()
    {
        var events = Read(folders);
        var text = new List<byte>();
        for (var i = Math.Max(0, events.Count - MostEvents); i < events.Count; i++)
        {
            text.AddRange(events[i].ToJson());
            text.Add((byte)'\n');
        }

        folders.Write(folders.Events, [.. text]);
        file?.Dispose();
        file = null;
    }
}
