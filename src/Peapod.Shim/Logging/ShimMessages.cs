using Microsoft.Extensions.Logging;

namespace Peapod.Shim.Logging;

/// <summary>What a shim's log says of its own accord.</summary>
internal static partial class ShimMessages
{
    [LoggerMessage(EventId = 15, Level = LogLevel.Warning, Message = "cannot {What}: {Error}")]
    internal static partial void CannotDo(this ILogger logger, string what, string error);

    [LoggerMessage(EventId = 16, Level = LogLevel.Warning, Message = "keeper: {Why}; another one is started")]
    internal static partial void KeeperLost(this ILogger logger, string why);

    /// <summary>A fault of ours, with where it happened in the code.</summary>
    [LoggerMessage(EventId = 17, Level = LogLevel.Error, Message = "{Where}: internal error")]
    internal static partial void Faulted(this ILogger logger, string where, Exception fault);
}
