namespace Peapod.Network;

/// <summary>A network request that cannot be met, as one sentence that names what the user gave or what is in the way.</summary>
public sealed class NetworkException(string message, Exception? inner = null) : Exception(message, inner);
