namespace Peapod.Oci;

/// <summary>Keys of kernel parameters, in either form of sysctl(8): <c>net.ipv4.ip_forward</c> or <c>net/ipv4/ip_forward</c>.</summary>
public static class Sysctl
{
    /// <summary>
    /// The key as a path below /proc/sys. The first separator decides which form the key has; in the dotted form a slash stands for a
    /// dot in a name (<c>net.ipv4.conf.eth0/100.forwarding</c>).
    /// </summary>
    /// <returns>The path, or null when it would have an empty part, <c>.</c> or <c>..</c>.</returns>
    public static string? Path(string key)
    {
        int separator = key.AsSpan().IndexOfAny('.', '/');
        bool isDotted = separator >= 0 && key[separator] == '.';
        string path = isDotted
            ? string.Create(key.Length, key, static (to, from) =>
            {
                for (int i = 0; i < from.Length; i++)
                {
                    to[i] = from[i] switch { '.' => '/', '/' => '.', char other => other };
                }
            })
            : key;
        foreach (Range part in path.AsSpan().Split('/'))
        {
            if (path.AsSpan(part) is "" or "." or "..")
            {
                return null;
            }
        }
        return path;
    }
}
