using System.Text;
using Peapod.Kernel.Files;
using Peapod.Network;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>hosts, hostname and resolv.conf, made for the pod and mounted into its containers.</summary>
internal static class PodFiles
{
    internal static void Write(PodManifest pod, PodFolders folders, PodAddresses addresses)
    {
        var name = pod.Spec.Hostname ?? pod.Metadata.Name;
        FileSystem.MakeDirectories(folders.Etc, 0x1ed);
        using var folder = FileSystem.OpenDirectory(folders.Etc);
        Put(folder, "hostname", $"{name}\n");
        Put(folder, "hosts", $"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{addresses.IPv4}\t{name}\n"
            + (addresses.IPv6 is { } ipv6 ? $"{ipv6}\t{name}\n" : ""));

        // The host's, but for name servers on its own loopback, which a pod cannot reach.
        var lines = (FileSystem.TryReadText("/etc/resolv.conf") ?? "").Split('\n');
        var kept = lines.Where(static line => !line.StartsWith("nameserver 127.", StringComparison.Ordinal) && !line.StartsWith("nameserver ::1", StringComparison.Ordinal));
        Put(folder, "resolv.conf", string.Join('\n', kept).TrimEnd('\n') + "\n");
    }

    private static void Put(Kernel.SafeFd folder, string name, string text) => FileSystem.Replace(folder, name, Encoding.UTF8.GetBytes(text), 0x1a4);
}
