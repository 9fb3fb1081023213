using System.Buffers.Binary;

namespace Peapod.UnitTests.Container;

/// <summary>Runs a system call filter as the kernel would: the classic BPF instructions of linux/bpf_common.h that filters are made of.</summary>
internal static class FilterMachine
{
    /// <summary>The filter's answer (SECCOMP_RET_*) for struct seccomp_data { nr, arch, instruction_pointer, args }.</summary>
    internal static uint Run(ReadOnlySpan<byte> program, uint number, uint architecture, params ReadOnlySpan<ulong> arguments)
    {
        Span<byte> data = stackalloc byte[64];
        data.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], architecture);
        for (var i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data[(16 + (i * 8))..], arguments[i]);
        }

        uint accumulator = 0;
        var at = 0;
        while (true)
        {
            var instruction = program.Slice(at++ * 8, 8);
            var value = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            var code = BinaryPrimitives.ReadUInt16LittleEndian(instruction);
            switch (code)
            {
                case 0x20: // BPF_LD | BPF_W | BPF_ABS
                    accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data[(int)value..]);
                    break;
                case 0x54: // BPF_ALU | BPF_AND | BPF_K
                    accumulator &= value;
                    break;
                case 0x05: // BPF_JMP | BPF_JA
                    at += (int)value;
                    break;
                case 0x15: // BPF_JMP | BPF_JEQ | BPF_K
                    at += instruction[accumulator == value ? 2 : 3];
                    break;
                case 0x25: // BPF_JMP | BPF_JGT | BPF_K
                    at += instruction[accumulator > value ? 2 : 3];
                    break;
                case 0x35: // BPF_JMP | BPF_JGE | BPF_K
                    at += instruction[accumulator >= value ? 2 : 3];
                    break;
                case 0x06: // BPF_RET | BPF_K
                    return value;
                default:
                    throw new InvalidOperationException($"instruction 0x{code:x}");
            }
        }
    }
}
