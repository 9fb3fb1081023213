namespace Peapod.HostTests.Vm;

/// <summary>The vm tier's guest: all cgroup v2 controllers, swap, and a disk that nobody uses.</summary>
internal static class Guest
{
    private const string ScratchDisk = "vdd";

    /// <summary>The number of the unused disk, <c>major:minor</c>.</summary>
    internal static string ScratchDevice => File.ReadAllText($"/sys/block/{ScratchDisk}/dev").Trim();

    /// <summary>Skips the test anywhere else. In the guest nothing is skipped: what is missing there is a failure.</summary>
    internal static void Needed() => Skip.If(
        Environment.GetEnvironmentVariable("PEAPOD_VM") != "1",
        Environment.GetEnvironmentVariable("PEAPOD_VM_REASON") ?? "needs the guest of the vm tier: make vm");

    /// <summary>A file of a cgroup, without the line end.</summary>
    internal static string Cgroup(string path) => File.ReadAllText($"/sys/fs/cgroup/{path}").TrimEnd('\n');

    /// <summary>One number of a file of <c>name value</c> lines, memory.events for one.</summary>
    internal static long Counter(string path, string name) =>
        long.Parse(Cgroup(path).Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1]);
}
