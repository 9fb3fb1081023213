using System.Globalization;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Forwarding;

/// <summary>A port of this host, 0 for one that the kernel chooses, and the pod's port behind it.</summary>
internal sealed record PortPair(int Local, int Remote)
{
    /// <summary>Reads <c>[LOCAL:]REMOTE</c>; <c>:REMOTE</c> leaves the choice of the local port to the kernel, REMOTE may be the name of a container's port.</summary>
    /// <exception cref="PodException">It is no such thing.</exception>
    internal static PortPair Parse(string text, PodManifest pod)
    {
        var colon = text.IndexOf(':');
        var remote = Number(text[(colon + 1)..]) ?? Named(text[(colon + 1)..], pod) ?? throw Wrong(text, "is neither a number from 1 to 65535 nor the name of a container's port");
        if (remote == 0)
        {
            throw Wrong(text, "port 0 of a pod is none");
        }

        var local = colon switch { < 0 => remote, 0 => 0, _ => Number(text[..colon]) ?? throw Wrong(text, "the local port is no number from 0 to 65535") };
        return new PortPair(local, remote);
    }

    private static int? Number(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static int? Named(string name, PodManifest pod)
    {
        foreach (var container in pod.Spec.Containers)
        {
            foreach (var port in container.Ports)
            {
                if (port.Name == name && name.Length > 0)
                {
                    return port.Number;
                }
            }
        }

        return null;
    }

    private static PodException Wrong(string text, string why) => new($"port \"{text}\": {why}\n  expected [LOCAL:]REMOTE");
}
