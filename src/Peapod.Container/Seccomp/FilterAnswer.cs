using System.Runtime.InteropServices;

namespace Peapod.Container.Seccomp;

/// <summary>What a filter says to a system call, found out in advance: the program is run here as the kernel will run it. seccomp(2).</summary>
internal static class FilterAnswer
{
    private const uint ReturnAllow = 0x7fff0000, ReturnLog = 0x7ffc0000, ActionMask = 0xffff0000;
    private const int MemorySlots = 16;

    /// <summary>Whether the call is done as if there were no filter; arguments that are not known count as 0.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="call">The call, with those of its arguments that are known.</param>
    internal static bool Allows(SeccompFilter filter, InitCall call)
    {
        // struct seccomp_data: the number, the architecture, the instruction's address, the arguments.
        Span<uint> data = stackalloc uint[16];
        data.Clear();
        data[0] = call.Number;
        data[1] = InitCall.Architecture;
        for (var i = 0; i < 3; i++)
        {
            var argument = i switch { 0 => call.First, 1 => call.Second, _ => 0UL };
            data[4 + (2 * i)] = (uint)argument;
            data[5 + (2 * i)] = (uint)(argument >> 32);
        }

        return (Run(filter.Program.Span, data) & ActionMask) is ReturnAllow or ReturnLog;
    }

    /// <returns>The answer; 0, which kills, for a program that does what no compiler writes.</returns>
    private static uint Run(ReadOnlySpan<byte> program, ReadOnlySpan<uint> data)
    {
        var instructions = MemoryMarshal.Cast<byte, Instruction>(program);
        Span<uint> memory = stackalloc uint[MemorySlots];
        memory.Clear();
        uint a = 0, x = 0;
        for (var at = 0; at < instructions.Length; at++)
        {
            var (code, k) = (instructions[at].Code, instructions[at].K);
            switch (code)
            {
                case 0x20 when k % sizeof(uint) == 0 && k / sizeof(uint) < data.Length: // BPF_LD | BPF_W | BPF_ABS
                    a = data[(int)k / sizeof(uint)];
                    break;
                case 0x00: // BPF_LD | BPF_IMM
                    a = k;
                    break;
                case 0x01: // BPF_LDX | BPF_IMM
                    x = k;
                    break;
                case 0x60 when k < MemorySlots: // BPF_LD | BPF_MEM
                    a = memory[(int)k];
                    break;
                case 0x61 when k < MemorySlots: // BPF_LDX | BPF_MEM
                    x = memory[(int)k];
                    break;
                case 0x02 when k < MemorySlots: // BPF_ST
                    memory[(int)k] = a;
                    break;
                case 0x03 when k < MemorySlots: // BPF_STX
                    memory[(int)k] = x;
                    break;
                case 0x07: // BPF_MISC | BPF_TAX
                    x = a;
                    break;
                case 0x87: // BPF_MISC | BPF_TXA
                    a = x;
                    break;
                case 0x54: // BPF_ALU | BPF_AND | BPF_K
                    a &= k;
                    break;
                case 0x05: // BPF_JMP | BPF_JA
                    at += (int)Math.Min(k, (uint)instructions.Length);
                    break;
                case 0x15 or 0x25 or 0x35 or 0x45 or 0x1d or 0x2d or 0x3d or 0x4d:
                    at += Holds(code, a, (code & 0x08) != 0 ? x : k) ? instructions[at].True : instructions[at].False;
                    break;
                case 0x06: // BPF_RET | BPF_K
                    return k;
                case 0x16: // BPF_RET | BPF_A
                    return a;
                default:
                    return 0;
            }
        }

        return 0;
    }

    /// <summary>BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET.</summary>
    private static bool Holds(ushort code, uint a, uint b) => (code & 0xf0) switch
    {
        0x10 => a == b,
        0x20 => a > b,
        0x30 => a >= b,
        _ => (a & b) != 0,
    };

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction
    {
        internal readonly ushort Code;
        internal readonly byte True;
        internal readonly byte False;
        internal readonly uint K;
    }
}
