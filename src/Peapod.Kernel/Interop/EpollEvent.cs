using System.Runtime.InteropServices;

namespace Peapod.Kernel.Interop;

/// <summary>struct epoll_event: 12 bytes on x86-64 (packed there), 16 elsewhere; both layouts behind one face.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct EpollEvent
{
    [FieldOffset(0)]
    public uint Events;

    [FieldOffset(4)]
    private ulong packedData;

    [FieldOffset(8)]
    private ulong alignedData;

    private static bool Packed => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Bytes from one event to the next in an array that epoll_wait(2) fills.</summary>
    public static int Stride => Packed ? 12 : 16;

    public ulong Data
    {
        readonly get => Packed ? packedData : alignedData;
        set
        {
            if (Packed)
            {
                packedData = value;
            }
            else
            {
                alignedData = value;
            }
        }
    }
}
