using System.Runtime.InteropServices;
using Peapod.Oci;

namespace Peapod.Container.Seccomp;

/// <summary>
/// What runc puts before a filter that refuses by default: a system call newer than all that the profile names gives
/// ENOSYS, so that a C library falls back to an older one instead of failing with the profile's errno.
/// </summary>
internal static class NewSyscalls
{
    private const ushort Load = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort JumpIfEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort JumpIfGreater = 0x25;
    private const ushort JumpIfGreaterOrEqual = 0x35;
    private const ushort Jump = 0x05;
    private const ushort Return = 0x06;
    private const uint NumberOffset = 0; // of struct seccomp_data
    private const uint ArchitectureOffset = 4;
    private const uint X86_64 = 0xc000003e;
    private const uint X32 = 0x4000003e; // libseccomp's own
    private const uint X32Bit = 0x40000000;

    /// <param name="architectures">libseccomp's numbers of those that the filter knows.</param>
    internal static byte[] Stub(LinuxSeccomp seccomp, ReadOnlySpan<uint> architectures)
    {
        if (seccomp.DefaultAction is "SCMP_ACT_ALLOW" or "SCMP_ACT_LOG" or "SCMP_ACT_TRACE" || seccomp.DefaultErrnoRet == SeccompCompiler.ENOSYS)
        {
            return [];
        }

        // x32 has x86_64's architecture in seccomp_data, and its numbers lie above a bit.
        var last = new SortedDictionary<uint, (uint Usual, uint X32)>();
        foreach (var architecture in architectures)
        {
            if (Last(seccomp, architecture) is var number and > 0)
            {
                var token = architecture == X32 ? X86_64 : architecture;
                var known = last.GetValueOrDefault(token, (Usual: uint.MaxValue, X32: uint.MaxValue));
                last[token] = architecture == X32 ? (known.Usual, (uint)number) : ((uint)number, known.X32);
            }
        }

        return last.Count == 0 ? [] : Assemble(last);
    }

    /// <summary>The highest number of those the profile names.</summary>
    private static int Last(LinuxSeccomp seccomp, uint architecture)
    {
        var last = 0;
        foreach (var syscall in seccomp.Syscalls)
        {
            foreach (var name in syscall.Names)
            {
                last = Math.Max(last, Libseccomp.seccomp_syscall_resolve_name_arch(architecture, name));
            }
        }

        return last;
    }

    /// <summary>A section for each architecture: what is not its own goes on to the next, a known number to the filter behind.</summary>
    private static byte[] Assemble(SortedDictionary<uint, (uint Usual, uint X32)> sections)
    {
        const int size = 7;
        var count = 1 + (sections.Count * size);
        var code = new byte[count * SeccompFilter.InstructionSize];
        var at = 0;
        void Put(ushort operation, byte yes, byte no, uint value)
        {
            var instruction = code.AsSpan(at++ * SeccompFilter.InstructionSize);
            MemoryMarshal.Write(instruction, operation);
            instruction[2] = yes;
            instruction[3] = no;
            MemoryMarshal.Write(instruction[4..], value);
        }

        Put(Load, 0, 0, ArchitectureOffset);
        foreach (var (token, last) in sections)
        {
            Put(JumpIfEqual, 0, size - 1, token);
            Put(Load, 0, 0, NumberOffset);
            Put(JumpIfGreaterOrEqual, 1, 0, token == X86_64 ? X32Bit : uint.MaxValue);
            Put(JumpIfGreater, 1, 2, last.Usual);
            Put(JumpIfGreater, 0, 1, last.X32);
            Put(Return, 0, 0, SeccompCompiler.ReturnErrno | SeccompCompiler.ENOSYS);
            Put(Jump, 0, 0, (uint)(count - at - 1));
        }

        return code;
    }
}
