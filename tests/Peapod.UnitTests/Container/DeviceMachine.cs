using Peapod.Container.Devices;

namespace Peapod.UnitTests.Container;

/// <summary>Runs a device program as the kernel would: the eBPF instructions it may use, by their numbers in linux/bpf.h, and no others.</summary>
internal static class DeviceMachine
{
    private const int Steps = 100_000;

    /// <summary>The program's answer for struct bpf_cgroup_dev_ctx { access_type, major, minor }.</summary>
    internal static ulong Run(ReadOnlySpan<BpfInstruction> program, int type, int access, uint major, uint minor)
    {
        ReadOnlySpan<uint> context = [(uint)(access << 16 | type), major, minor];
        Span<ulong> registers = stackalloc ulong[11];
        Span<bool> written = stackalloc bool[11];
        written[1] = true;
        var at = 0;
        for (var step = 0; step < Steps; step++)
        {
            var (code, numbers, offset, immediate) = program[at++];
            int destination = numbers & 15, source = numbers >> 4;
            switch (code)
            {
                case 0x61: // BPF_LDX | BPF_MEM | BPF_W
                    Assert.Equal(1, source);
                    registers[destination] = context[Math.DivRem(offset, 4, out var rest)];
                    Assert.Equal(0, rest);
                    written[destination] = true;
                    break;
                case 0xb7: // BPF_ALU64 | BPF_MOV | BPF_K
                    registers[destination] = (ulong)(long)immediate;
                    written[destination] = true;
                    break;
                case 0xbc: // BPF_ALU | BPF_MOV | BPF_X
                    Assert.True(written[source]);
                    registers[destination] = (uint)registers[source];
                    written[destination] = true;
                    break;
                case 0x54: // BPF_ALU | BPF_AND | BPF_K
                    Assert.True(written[destination]);
                    registers[destination] = (uint)registers[destination] & (uint)immediate;
                    break;
                case 0x74: // BPF_ALU | BPF_RSH | BPF_K
                    Assert.True(written[destination]);
                    registers[destination] = (uint)registers[destination] >> immediate;
                    break;
                case 0x16: // BPF_JMP32 | BPF_JEQ | BPF_K
                    Assert.True(written[destination]);
                    at += (uint)registers[destination] == (uint)immediate ? offset : 0;
                    break;
                case 0x56: // BPF_JMP32 | BPF_JNE | BPF_K
                    Assert.True(written[destination]);
                    at += (uint)registers[destination] != (uint)immediate ? offset : 0;
                    break;
                case 0x95: // BPF_JMP | BPF_EXIT
                    Assert.True(written[0]);
                    return registers[0];
                default:
                    throw new InvalidOperationException($"instruction {at - 1} is 0x{code:x2}");
            }
        }

        throw new InvalidOperationException("the program does not end");
    }
}
