using System.Runtime.InteropServices;

namespace Peapod.Container.Seccomp;

/// <summary>A system call that init makes when the filter holds already, by its number here.</summary>
/// <param name="Name">Its name, for errors.</param>
/// <param name="Number">Its number on this architecture.</param>
/// <param name="First">Its first argument, where a filter may ask for it.</param>
/// <param name="Second">The second.</param>
internal readonly record struct InitCall(string Name, uint Number, ulong First = 0, ulong Second = 0)
{
    private const ulong CLONE_PARENT = 0x8000, TIOCSCTTY = 0x540e;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64;

    /// <summary>AUDIT_ARCH_*.</summary>
    internal static uint Architecture => IsArm ? 0xc00000b7 : 0xc000003e;

    internal static InitCall CapSet => new("capset", IsArm ? 91u : 126u);

    internal static InitCall Birth => new("clone", IsArm ? 220u : 56u, CLONE_PARENT);

    internal static InitCall Read => new("read", IsArm ? 63u : 0u);

    internal static InitCall Write => new("write", IsArm ? 64u : 1u);

    internal static InitCall Close => new("close", IsArm ? 57u : 3u);

    internal static InitCall ExitGroup => new("exit_group", IsArm ? 94u : 231u);

    internal static InitCall SetSid => new("setsid", IsArm ? 157u : 112u);

    internal static InitCall SetTerminal => new("ioctl", IsArm ? 29u : 16u, 0, TIOCSCTTY);
}
