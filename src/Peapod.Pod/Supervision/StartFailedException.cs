namespace Peapod.Pod.Supervision;

/// <summary>A container could not be started while the command that makes the pod waits, and is told of it.</summary>
internal sealed class StartFailedException(Exception failure) : Exception(failure.Message, failure);
