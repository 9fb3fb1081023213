using Peapod.Container;
using Peapod.Host;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Network;
using Peapod.Oci;
using Peapod.Pod.Manifest;

namespace Peapod.Pod;

/// <summary>Tells what goes wrong with a pod, and is told to its user, from what is wrong with Peapod.</summary>
public static class PodFailure
{
    public static bool Is(Exception e) =>
        e is PodException or ManifestException or ImageException or NetworkException or HostException or ContainerException or SpecException or KernelException;
}
