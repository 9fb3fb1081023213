using System.Runtime.InteropServices;

namespace Peapod.Container.Devices;

/// <summary>struct bpf_insn of bpf(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BpfInstruction(byte Code, byte Registers, short Offset, int Immediate)
{
    internal const byte LoadWord = 0x61; // BPF_LDX | BPF_MEM | BPF_W
    internal const byte MoveRegister = 0xbc; // BPF_ALU | BPF_MOV | BPF_X
    internal const byte MoveImmediate = 0xb7; // BPF_ALU64 | BPF_MOV | BPF_K
    internal const byte AndImmediate = 0x54; // BPF_ALU | BPF_AND | BPF_K
    internal const byte ShiftRightImmediate = 0x74; // BPF_ALU | BPF_RSH | BPF_K
    internal const byte JumpNotEqualImmediate = 0x56; // BPF_JMP32 | BPF_JNE | BPF_K
    internal const byte JumpEqualImmediate = 0x16; // BPF_JMP32 | BPF_JEQ | BPF_K
    internal const byte Exit = 0x95;

    internal static BpfInstruction Of(byte code, int destination, int source = 0, short offset = 0, int immediate = 0) =>
        new(code, (byte)(destination | (source << 4)), offset, immediate);
}
