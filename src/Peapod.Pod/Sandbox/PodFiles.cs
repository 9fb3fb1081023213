using System.Net;
using System.Text;
using Peapod.Kernel.Files;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>hosts, hostname and resolv.conf, made for the pod and mounted into its containers.</summary>
internal static class PodFiles
{
    internal static readonly string[] Names = ["hosts", "hostname", "resolv.conf"];

    internal static void Write(PodManifest pod, PodFolders folders, IReadOnlyList<IPAddress> addresses)
    {
        // All texts first: a manifest that cannot be written leaves nothing half-written.
        var texts = new[] { HostsFile.Text(pod, addresses, FileSystem.TryReadText("/etc/hosts") ?? ""), $"{PodHostname.Of(pod)}\n", ResolverFile.Text(pod.Spec, ResolverFile.OfHost(pod.Spec)) };
        FileSystem.MakeDirectories(folders.Etc, 0x1ed);
        using var folder = FileSystem.OpenDirectory(folders.Etc);
        for (var i = 0; i < Names.Length; i++)
        {
            FileSystem.Replace(folder, Names[i], Encoding.UTF8.GetBytes(texts[i]), 0x1a4);
        }
    }

    /// <summary>A word of the manifest that becomes a part of a line. What would end the line or begin another word is refused, whatever has validated it before (CVE-2022-4318).</summary>
    /// <param name="field">Where it stands in the manifest.</param>
    /// <param name="word">The word.</param>
    internal static string Word(string field, string word)
    {
        foreach (var character in word)
        {
            if (char.IsControl(character) || char.IsWhiteSpace(character) || character is '#' or ';')
            {
                throw new PodException($"{field}: \"{word.ReplaceLineEndings("\\n")}\": may have no white space, control characters, '#' or ';'");
            }
        }

        return word;
    }
}
