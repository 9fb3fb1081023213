using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci.Json;

namespace Peapod.Cli;

/// <summary>Writes runc's text and JSON log lines, which its callers read back: one write(2) a line into the file of --log.</summary>
internal sealed class RuntimeLog : ILogger, IDisposable
{
    private readonly bool json;
    private readonly LogLevel least;
    private SafeFd? file;

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
        return new(format is [.., { Value: "json" }], parsed.GetResult(options.Debug) is { Implicit: false, Errors: var errors } && !errors.Any() && parsed.GetValue(options.Debug) ? LogLevel.Debug : LogLevel.Information);
    }

    /// <param name="path">The file of --log; null or empty for none.</param>
    /// <exception cref="ContainerException">It cannot be opened.</exception>
    internal void AppendTo(string? path)
    {
        try
        {
            file = string.IsNullOrEmpty(path) ? null : FileSystem.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND, 0x1a4);
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
        if (file is null)
        {
            Output.Error(Encoding.UTF8.GetString(line).TrimEnd('\n'));
        }
        else
        {
            FileSystem.Write(file, line, "--log");
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
