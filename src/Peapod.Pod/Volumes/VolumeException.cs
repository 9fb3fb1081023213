namespace Peapod.Pod.Volumes;

/// <summary>Why a volume cannot be made now, in the kubelet's words. Its pod waits for it (ContainerCreating): it is tried again.</summary>
public sealed class VolumeException(string message, Exception? innerException = null) : PodException(message, innerException);
