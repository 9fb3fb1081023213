using System.Runtime.InteropServices;

namespace Peapod.Kernel.Interop;

/// <summary>struct flock of fcntl(2), on 64-bit Linux. All zero but for the type: the whole file.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FlockData
{
    public short Type;
    public short Whence;
    public long Start;
    public long Length;
    public int Pid;
}
