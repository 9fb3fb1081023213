namespace Peapod.HostTests.Harness;

/// <summary>Other OCI runtimes, to compare with and to call.</summary>
internal static class Peer
{
    /// <summary>Where current ones are: PEAPOD_PEERS, which the peers tool fills.</summary>
    private static readonly string Folder = Environment.GetEnvironmentVariable("PEAPOD_PEERS") ?? "/tmp/peers";

    /// <summary>A current one. There may be none.</summary>
    internal static string Current(string name) => $"{Folder}/{name}";

    /// <summary>A current one, or else Debian's runc, which scripts/bootstrap installs. (Debian 12's crun raises a limit that this may not be allowed to.)</summary>
    internal static string Any(string name) => name != "runc" || File.Exists(Current(name)) ? Current(name) : "/usr/sbin/runc";

    internal static void Need(string path) => Skip.IfNot(File.Exists(path), $"{path} is not there");
}
