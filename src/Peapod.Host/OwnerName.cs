using System.Text;
using Peapod.Image;

namespace Peapod.Host;

/// <summary>The name under which a pod owns what a host has once. No two pods of a host have the same, whatever their run roots.</summary>
public static class OwnerName
{
    /// <summary>Characters. What is made of the name (a lease, a cgroup, a container's id) has room for as many.</summary>
    internal const int Longest = 100;

    private const int HashDigits = 16;

    /// <param name="runRoot">Where the pod's state is.</param>
    /// <param name="isUsual">Whether that is where pods are unless told otherwise: those keep their names, which people read.</param>
    /// <param name="key">NAMESPACE_NAME, unique below the run root. A namespace has no dot in its name.</param>
    public static string Of(string runRoot, bool isUsual, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (isUsual && key.Length <= Longest)
        {
            return key;
        }

        // The hash comes first, so that no name begins with another pod's whole name.
        var hash = Digest.Of(Encoding.UTF8.GetBytes($"{runRoot}\0{key}")).Hex[..HashDigits];
        return $"{hash}.{key[..Math.Min(key.Length, Longest - HashDigits - 1)]}";
    }
}
