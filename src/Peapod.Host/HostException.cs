namespace Peapod.Host;

/// <summary>The host has no more of something that its pods share.</summary>
public sealed class HostException(string message, Exception? inner = null) : Exception(message, inner);
