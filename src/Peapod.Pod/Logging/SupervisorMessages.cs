using Microsoft.Extensions.Logging;

namespace Peapod.Pod.Logging;

/// <summary>What a supervisor's log says of the pod; its shim and the network speak there too.</summary>
internal static partial class SupervisorMessages
{
    [LoggerMessage(EventId = 10, Level = LogLevel.Debug, Message = "decided: start {Container}")]
    internal static partial void StartDecided(this ILogger logger, string container);

    [LoggerMessage(EventId = 11, Level = LogLevel.Debug, Message = "decided: stop {Container} within {Grace} ms")]
    internal static partial void StopDecided(this ILogger logger, string container, long grace);

    [LoggerMessage(EventId = 12, Level = LogLevel.Debug, Message = "decided: {What}")]
    internal static partial void PodDecided(this ILogger logger, string what);

    [LoggerMessage(EventId = 13, Level = LogLevel.Information, Message = "event: {Type} {Reason} {Subject}: {Message}")]
    internal static partial void Happened(this ILogger logger, string type, string reason, string subject, string message);

    [LoggerMessage(EventId = 14, Level = LogLevel.Warning, Message = "events: cannot be written: {Error}")]
    internal static partial void EventsNotWritten(this ILogger logger, string error);
}
