using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Peapod.Container;
using Peapod.Container.Cgroups;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Shim.Layout;

namespace Peapod.Shim.Keeping;

/// <summary>Starts keepers: native/keeper, executed from sealed memory as peapod-init is.</summary>
internal static unsafe partial class KeeperProcess
{
    private const int MostTries = 5;

    /// <summary>Starts a keeper, which starts the pod's supervisor.</summary>
    /// <param name="folders">The pod.</param>
    /// <param name="command">The arguments that make a supervisor of this executable, its name first.</param>
    /// <param name="report">The supervisor's standard input: where it tells how it has begun.</param>
    internal static void Start(ShimFolders folders, IReadOnlyList<string> command, SafeFd report)
    {
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR);
        using var home = TryOpenHome();
        for (var tries = 1; ; tries++)
        {
            using var cgroup = SupervisorCgroup.Make(folders);
            try
            {
                Start(folders, command, new(report, nothing, null), [$"{home?.Number ?? -1}"], home is null ? [] : [home.Number], cgroup.Directory).Dispose();
                return;
            }
            catch (KernelException e) when (e.Error == Errno.ENODEV && tries < MostTries)
            {
                // The keeper of an earlier pod of that name has just removed it.
            }
        }
    }

    /// <summary>Starts a keeper for a supervisor whose own has died: this process.</summary>
    /// <param name="folders">The pod.</param>
    /// <param name="command">The arguments that make a supervisor of this executable, its name first.</param>
    /// <param name="socket">The keeper's end of the socket between both.</param>
    /// <returns>The keeper, a child of this process.</returns>
    internal static PidFd Replace(ShimFolders folders, IReadOnlyList<string> command, SafeFd socket)
    {
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR);
        return Start(folders, command, new(nothing, nothing, null), ["-1", $"{socket.Number}", $"{Libc.getpid()}"], [socket.Number], cgroup: null);
    }

    private static PidFd Start(ShimFolders folders, IReadOnlyList<string> command, StandardStreams streams, ReadOnlySpan<string> last, ReadOnlySpan<int> inherited, SafeFd? cgroup)
    {
        nuint size;
        var image = peapod_keeper_image(&size);
        using var keeper = FileSystem.SealedMemory("peapod-keeper", new ReadOnlySpan<byte>(image, (int)size), executable: true);
        using var self = FileSystem.Open("/proc/self/exe", Libc.O_RDONLY);
        using var arguments = FileSystem.SealedMemory("peapod-keeper-arguments", Encoding.UTF8.GetBytes(string.Join('\0', Arguments(folders, command)) + "\0"), executable: false);
        using var errors = FileSystem.Open(folders.SupervisorLog, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0x180);
        return ChildProcess.Start(
            keeper, ["peapod-keeper", folders.Key, $"{self.Number}", $"{arguments.Number}", .. last], streams with { Error = errors }, [self.Number, arguments.Number, .. inherited], cgroup);
    }

    /// <summary>The supervisor's arguments, their number first, then the directories that go with the supervisor's cgroup, the lowest first.</summary>
    private static string[] Arguments(ShimFolders folders, IReadOnlyList<string> command) =>
        [command.Count.ToString(CultureInfo.InvariantCulture), .. command, .. SupervisorCgroup.Directories(folders)];

    /// <summary>The cgroup of this process, which the keeper goes back to when there is nothing left to keep: its own can be removed then.</summary>
    private static SafeFd? TryOpenHome()
    {
        try
        {
            return FileSystem.Open($"{CgroupPath.OfProcess(CgroupHierarchy.Find(), Libc.getpid())}/cgroup.procs", Libc.O_WRONLY);
        }
        catch (Exception e) when (e is ContainerException or KernelException)
        {
            // The cgroup is removed by the next command then.
            return null;
        }
    }

    [LibraryImport("peapod-native")]
    private static partial void* peapod_keeper_image(nuint* size);
}
