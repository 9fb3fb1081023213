using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;
using Peapod.Shim.Layout;

namespace Peapod.Shim.Logging;

/// <summary>
/// What a supervisor says while it works, in runc's text format on its standard error, which is <see cref="ShimFolders.SupervisorLog"/>. What
/// cannot be written is lost: no log is worth a pod.
/// </summary>
internal sealed class SupervisorLog(LogLevel least) : ILogger
{
    /// <summary>Bytes after which the file begins anew: it lies in memory.</summary>
    internal const ulong LargestFile = 1 << 20;

    private const int StandardError = 2;

    private readonly Lock writing = new();

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            var message = formatter(state, exception);
            Write(Line(logLevel, exception is null ? message : $"{message}: {exception}", DateTime.UtcNow));
        }
    }

    internal static string Line(LogLevel level, string message, DateTime time)
    {
        var name = level switch
        {
            LogLevel.Trace => "trace",
            LogLevel.Debug => "debug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            _ => "error",
        };

        // Events repeat what containers and peers say: whoever reads this on a terminal shall read it, and not be written to.
        var quoted = Printable.Line(message.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal));
        return $"time=\"{time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}\" level={name} msg=\"{quoted}\"\n";
    }

    private void Write(string line)
    {
        using var file = SafeFd.Borrow(StandardError);
        try
        {
            lock (writing)
            {
                if (FileSystem.Stat(file) is { Type: Libc.S_IFREG, Size: > LargestFile })
                {
                    KernelException.Check(Libc.ftruncate(StandardError, 0), "ftruncate", "standard error");
                }

                FileSystem.Write(file, Encoding.UTF8.GetBytes(line), "standard error");
            }
        }
        catch (KernelException)
        {
            // A full /run. The events and the status tell the user.
        }
    }
}
