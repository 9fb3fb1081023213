using System.Runtime.InteropServices;

namespace Peapod.Kernel.Interop;

public static partial class Libc
{
    public const nuint LOOP_CLR_FD = 0x4C01;
    public const nuint LOOP_SET_STATUS64 = 0x4C04;
    public const nuint LOOP_GET_STATUS64 = 0x4C05;
    public const nuint LOOP_CONFIGURE = 0x4C0A;
    public const nuint LOOP_CTL_GET_FREE = 0x4C82;

    public const uint LO_FLAGS_AUTOCLEAR = 4;
    public const uint LO_FLAGS_DIRECT_IO = 16;
}

/// <summary>struct loop_info64 of loop(4).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct LoopInfo
{
    public ulong Device;
    public ulong Inode;
    public ulong RealDevice;
    public ulong Offset;
    public ulong SizeLimit;
    public uint Number;
    private uint encryptType;
    private uint encryptKeySize;
    public uint Flags;
    public fixed byte FileName[64];
    private fixed byte cryptName[64];
    private fixed byte encryptKey[32];
    private fixed ulong init[2];
}

/// <summary>struct loop_config of loop(4).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct LoopConfig
{
    public uint Fd;
    public uint BlockSize;
    public LoopInfo Info;
    private fixed ulong reserved[8];
}
