namespace Peapod.Pod.Containers;

/// <summary>
/// What a container is to be told is not there, in the kubelet's words. The container waits for it (CreateContainerConfigError): it is tried again.
/// </summary>
public sealed class ContainerConfigException(string message, Exception? innerException = null) : PodException(message, innerException);
