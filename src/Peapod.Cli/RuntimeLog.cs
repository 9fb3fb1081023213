using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Cli;

/// <summary>Writes runc's text and JSON log lines, which its callers read back: one write(2) a line into the file of --log.</summary>
internal sealed class RuntimeLog : ILogger, IDisposable
{
    private readonly SafeFd? file;
    private readonly bool json;
    private readonly LogLevel least;

    private RuntimeLog(SafeFd? file, bool json, LogLevel least)
    {
        this.file = file;
        this.json = json;
        this.least = least;
    }

    internal static RuntimeLog Open(GlobalOptions options, ParseResult parsed)
    {
        var path = parsed.GetValue(options.Log);
        var least = parsed.GetValue(options.Debug) ? LogLevel.Debug : LogLevel.Information;
        try
        {
            var file = path is null ? null : FileSystem.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND, 0x1a4);
            return new(file, parsed.GetValue(options.LogFormat) == "json", least);
        }
        catch (KernelException e)
        {
            Output.Error($"peapod: --log: {e.Message}");
            return new(null, false, least);
        }
    }

    /// <summary>The sentence that the command failed with: into the log, and for people on standard error.</summary>
    internal void Error(string message)
    {
        Append(LogLevel.Error, message);
        Output.Error($"peapod: {message}");
    }

    /// <summary>A sentence about what failed without ending the command: into the log, or else on standard error.</summary>
    internal void Warn(string message)
    {
        Append(LogLevel.Warning, message);
        if (file is null)
        {
            Output.Error($"peapod: warning: {message}");
        }
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var message = formatter(state, exception);
        Append(logLevel, message);
        if (file is null)
        {
            Output.Error($"peapod: {message}");
        }
    }

    public void Dispose() => file?.Dispose();

    private void Append(LogLevel level, string message)
    {
        if (file is null)
        {
            return;
        }

        var name = level switch { LogLevel.Error or LogLevel.Critical => "error", LogLevel.Warning => "warning", LogLevel.Debug => "debug", _ => "info" };
        var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        FileSystem.Write(file, json ? Json(name, message, time) : Text(name, message, time), "--log");
    }

    private static byte[] Text(string level, string message, string time)
    {
        var quoted = message.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes($"time=\"{time}\" level={level} msg=\"{quoted}\"\n");
    }

    private static byte[] Json(string level, string message, string time)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
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
