namespace Peapod.Container.Seccomp;

/// <summary>A system call filter as seccomp(2) takes it.</summary>
/// <param name="Program">struct sock_filter[].</param>
/// <param name="Flags">SECCOMP_FILTER_FLAG_*.</param>
internal sealed record SeccompFilter(ReadOnlyMemory<byte> Program, ulong Flags)
{
    internal const int InstructionSize = 8;

    /// <summary>BPF_MAXINSNS.</summary>
    internal const int MostInstructions = 4096;

    internal int Count => Program.Length / InstructionSize;
}
