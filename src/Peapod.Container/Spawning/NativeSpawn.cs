using System.Runtime.InteropServices;

namespace Peapod.Container.Spawning;

/// <summary>native/spawn: the clone3 trampoline and the image of init.</summary>
internal static unsafe partial class NativeSpawn
{
    private const string Library = "peapod-native";

    [LibraryImport(Library)]
    internal static partial int peapod_spawn(Request* request);

    [LibraryImport(Library)]
    internal static partial void* peapod_init_image(nuint* size);

    /// <summary>struct spawn_request of native/spawn/spawn.c.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Request
    {
        internal ulong Flags;
        internal int CgroupFd;
        internal int ExecutableFd;
        internal int* Inherited;
        internal uint InheritedCount;
        internal uint Kept;
        internal fixed int Stdio[3];
        internal byte** Argv;
        internal byte** Envp;
        internal byte* Path;
        internal int Cwd;
        internal int PidFd;
        internal int Error;
    }
}
