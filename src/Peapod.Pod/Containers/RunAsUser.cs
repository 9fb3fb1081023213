using System.Globalization;
using Peapod.Image;
using Peapod.Kernel.Mounts;
using Peapod.Kernel.Terminals;
using Peapod.Oci;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Containers;

/// <summary>runAsUser, runAsGroup, runAsNonRoot and the supplemental groups: the container's own, else the pod's, else the image's.</summary>
internal static class RunAsUser
{
    /// <param name="pod">The container's pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="imageUser">The image's user; see <see cref="PasswdLookup"/>.</param>
    /// <param name="root">The container's root file system, whose /etc/passwd and /etc/group count.</param>
    /// <exception cref="PodException">runAsNonRoot is set, and it would be root or might be.</exception>
    internal static User Of(PodManifest pod, ContainerSpec container, string imageUser, DetachedMount root)
    {
        var context = pod.Spec.SecurityContext;
        var own = container.SecurityContext;
        var uid = (uint?)(own?.RunAsUser ?? context?.RunAsUser);
        var gid = (uint?)(own?.RunAsGroup ?? context?.RunAsGroup);
        if ((own?.RunAsNonRoot ?? context?.RunAsNonRoot) == true && WhyRoot(uid, imageUser) is { } why)
        {
            throw new PodException($"{why} (pod: \"{pod.Metadata.Name}_{pod.Metadata.Namespace}({pod.Metadata.Uid})\", container: {container.Name})");
        }

        var found = PasswdLookup.Resolve(root, uid is { } number ? number.ToString(CultureInfo.InvariantCulture) : imageUser);
        var primary = gid ?? found.Gid;
        var groups = new SortedSet<uint>();
        if (context?.SupplementalGroupsPolicy != SupplementalGroupsPolicy.Strict)
        {
            groups.UnionWith(found.AdditionalGids);
            groups.Remove(found.Gid);
        }

        // The primary group among them: a file that is closed to a group is closed to who has it either way.
        groups.Add(primary);
        for (var i = 0; i < (context?.SupplementalGroups?.Count ?? 0); i++)
        {
            groups.Add((uint)context!.SupplementalGroups![i]);
        }

        if (context?.FsGroup is { } fsGroup)
        {
            groups.Add((uint)fsGroup);
        }

        return new User { Uid = found.Uid, Gid = primary, AdditionalGids = [.. groups] };
    }

    /// <summary>As the kubelet says it, before anything of the image is believed but a number.</summary>
    private static string? WhyRoot(uint? uid, string imageUser)
    {
        if (uid is { } number)
        {
            return number == 0 ? "container's runAsUser breaks non-root policy" : null;
        }

        var colon = imageUser.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? imageUser : imageUser[..colon];
        if (name.Length == 0)
        {
            return "container has runAsNonRoot and image will run as root";
        }

        return !long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? $"container has runAsNonRoot and image has non-numeric user ({Printable.Short(name)}), cannot verify user is non-root"
            : id == 0 ? "container has runAsNonRoot and image will run as root" : null;
    }
}
