namespace Peapod.Pod;

/// <summary>What a user reads when something with a pod cannot be done.</summary>
public sealed class PodException(string message, Exception? innerException = null) : Exception(message, innerException);
