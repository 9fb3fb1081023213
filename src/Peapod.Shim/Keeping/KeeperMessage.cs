using System.Runtime.InteropServices;
using System.Text;

namespace Peapod.Shim.Keeping;

/// <summary>struct message of native/keeper/keeper.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct KeeperMessage
{
    internal const int NameSize = 116;
    internal const int Size = 12 + NameSize;

    internal KeeperMessageKind Kind;
    internal int Pid;
    internal int Status;
    private fixed byte name[NameSize];

    internal static KeeperMessage Of(KeeperMessageKind kind, string name = "", int pid = 0)
    {
        KeeperMessage message = default;
        message.Kind = kind;
        message.Pid = pid;
        Encoding.ASCII.GetBytes(name, new Span<byte>(message.name, NameSize - 1));
        return message;
    }

    internal string Name
    {
        get
        {
            fixed (byte* text = name)
            {
                return Marshal.PtrToStringUTF8((nint)text)!;
            }
        }
    }
}
