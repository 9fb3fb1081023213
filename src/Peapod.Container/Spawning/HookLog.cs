using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Spawning;

/// <summary>A file that hooks append their output to (crun's run.oci.hooks.stdout and run.oci.hooks.stderr).</summary>
internal static class HookLog
{
    private const uint PrivateFile = 0x180; // 0600

    internal static SafeFd Open(string path) => FileSystem.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_NOCTTY, PrivateFile);
}
