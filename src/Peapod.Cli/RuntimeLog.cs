using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;
using Peapod.Oci.Json;

namespace Peapod.Cli;

/// <summary>Writes runc's text and JSON log lines, which its callers read back: one write(2) a line into the file of --log.</summary>
internal sealed class RuntimeLog : ILogger, IDisposable
{
    /// <summary>Milliseconds that the reader of a full fifo is waited for.</summary>
    private const int Patience = 1000;

    private readonly bool json;
    private readonly LogLevel least;
    private SafeFd? file;
    private string path = "";

    private RuntimeLog(bool json, LogLevel least)
    {
        this.json = json;
        this.least = least;
    }

    /// <summary>On standard error, until <see cref="AppendTo"/>.</summary>
    internal static RuntimeLog Open(GlobalOptions options, ParseResult parsed)
    {
        // By its words: to ask for the value of what could not be parsed is an error.
        var format = parsed.GetResult(options.LogFormat)?.Tokens;
        return new(format is [.., { Value: "json" }], parsed.GetResult(options.Debug) is { Implicit: false } debug && !HasErrors(debug) && parsed.GetValue(options.Debug) ? LogLevel.Debug : LogLevel.Information);
    }

    private static bool HasErrors(OptionResult option)
    {
        foreach (var _ in option.Errors)
        {
            return true;
        }

        return false;
    }

    /// <param name="given">The file of --log; null or empty for none.</param>
    /// <exception cref="ContainerException">It cannot be opened.</exception>
    internal void AppendTo(string? given)
    {
        if (string.IsNullOrEmpty(given))
        {
            return;
        }

        path = given;
        try
        {
            // Not blocking: a fifo that nobody reads would hold us here, or later.
            file = FileSystem.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_NONBLOCK | Libc.O_NOCTTY, 0x1a4);
        }
        catch (KernelException e) when (e.Error == Errno.ENXIO)
        {
            Warn($"--log: \"{path}\" is a fifo or a socket that nobody reads");
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--log: cannot open \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    /// <summary>What a line of --debug goes to; null when there is no such flag.</summary>
    internal Action<string>? Debugging => least == LogLevel.Debug ? message => Tell(LogLevel.Debug, message, "debug: ") : null;

    /// <summary>The sentence that the command failed with: into the log, and for people on standard error.</summary>
    internal void Error(string message)
    {
        message = Printable.Sentence(message);
        Append(LogLevel.Error, message);
        if (file is not null || !json)
        {
            Output.Error($"peapod: {message}");
        }
    }

    /// <summary>A sentence about what failed without ending the command: into the log, or else on standard error.</summary>
    internal void Warn(string message) => Tell(LogLevel.Warning, message, "warning: ");

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        Tell(logLevel, formatter(state, exception), "");
    }

    public void Dispose() => file?.Dispose();

    /// <summary>One line: in the file, or on standard error in the same format; there people read text without its time.</summary>
    private void Tell(LogLevel level, string message, string kind)
    {
        message = Printable.Sentence(message);
        Append(level, message);
        if (file is null && !json)
        {
            Output.Error($"peapod: {kind}{message}");
        }
    }

    private void Append(LogLevel level, string message)
    {
        if (file is null && !json)
        {
            return;
        }

        var name = level switch { LogLevel.Error or LogLevel.Critical => "error", LogLevel.Warning => "warning", LogLevel.Debug => "debug", _ => "info" };
        var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

        // On one line: clients put their own words behind it, and podman shows only the line that it knows the reason by.
        var text = message.Replace("\n  ", "; ", StringComparison.Ordinal);
        var line = json ? Json(name, text, time) : Text(name, text, time);
        if (file is null || (!TryWrite(file, line) && json))
        {
            Output.Error(Encoding.UTF8.GetString(line).TrimEnd('\n'));
        }
    }

    /// <summary>A log that cannot be written keeps no command from its work: that is told, and what was to be logged goes to standard error from then on.</summary>
    private bool TryWrite(SafeFd log, ReadOnlySpan<byte> line)
    {
        try
        {
            WriteInTime(log, line);
            return true;
        }
        catch (KernelException e)
        {
            file = null;
            log.Dispose();
            Warn($"--log: cannot write \"{path}\": {KernelException.Describe(e.Error)}");
            return false;
        }
    }

    private static unsafe void WriteInTime(SafeFd log, ReadOnlySpan<byte> line)
    {
        fixed (byte* bytes = line)
        {
            for (var done = 0; done < line.Length;)
            {
                var count = Libc.write(log.Number, bytes + done, (nuint)(line.Length - done));
                if (count >= 0)
                {
                    done += (int)count;
                    continue;
                }

                var error = KernelException.Last("write", "--log");
                var entry = new PollFd { Fd = log.Number, Events = Libc.POLLOUT };
                if (error.Error != Errno.EINTR && (error.Error != Errno.EAGAIN || Libc.poll(&entry, 1, Patience) == 0))
                {
                    throw error;
                }
            }
        }
    }

    private static byte[] Text(string level, string message, string time)
    {
        var quoted = message.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes($"time=\"{time}\" level={level} msg=\"{quoted}\"\n");
    }

    private static byte[] Json(string level, string message, string time)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = MinimalEncoder.Instance }))
        {
            writer.WriteStartObject();
            writer.WriteString("level"u8, level);
            writer.WriteString("msg"u8, message);
            writer.WriteString("time"u8, time);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
