using System.Runtime.InteropServices;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>The code and constants of the executable that this process runs, as they are mapped into its memory.</summary>
public static unsafe class OwnCode
{
    /// <summary>
    /// Has no page of them mapped any more. The page cache keeps them; what runs next is mapped again as it is called, some microseconds for
    /// each 64 kB. Nothing is done where the kernel does not tell which pages are the file's. elf(5), getauxval(3), madvise(2).
    /// </summary>
    public static void Unmap()
    {
        var headers = new ReadOnlySpan<ElfProgramHeader>((void*)Libc.getauxval(Libc.AT_PHDR), (int)Libc.getauxval(Libc.AT_PHNUM));
        nuint moved = 0;
        foreach (ref readonly var header in headers)
        {
            if (header.Type == ElfProgramHeader.Itself)
            {
                moved = Libc.getauxval(Libc.AT_PHDR) - header.Address;
            }
        }

        var page = (nuint)Environment.SystemPageSize;
        var fd = Libc.open("/proc/self/pagemap", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return; // CONFIG_PROC_PAGE_MONITOR
        }

        using var map = new SafeFd(fd);
        foreach (ref readonly var header in headers)
        {
            if (header.Type == ElfProgramHeader.Loaded && (header.Flags & ElfProgramHeader.Writable) == 0)
            {
                var first = (moved + header.Address + page - 1) / page;
                Unmap(map, first, ((moved + header.Address + header.Size) / page) - first, page);
            }
        }
    }

    /// <summary>Only what is the file's: the runtime writes to one page of its constants as it starts.</summary>
    private static void Unmap(SafeFd map, nuint first, nuint count, nuint page)
    {
        const int most = 512;
        const ulong ofFile = 1UL << 61; // Documentation/admin-guide/mm/pagemap.rst
        var entries = stackalloc ulong[most];
        while (count > 0)
        {
            var read = Libc.pread(map.Number, entries, Math.Min(count, most) * sizeof(ulong), (long)first * sizeof(ulong)) / sizeof(ulong);
            if (read <= 0)
            {
                return;
            }

            for (nint i = 0, end; i < read; i = end)
            {
                var unmaps = (entries[i] & ofFile) != 0;
                end = i + 1;
                while (end < read && ((entries[end] & ofFile) != 0) == unmaps)
                {
                    end++;
                }

                if (unmaps)
                {
                    _ = Libc.madvise((void*)((first + (nuint)i) * page), (nuint)(end - i) * page, Libc.MADV_DONTNEED);
                }
            }

            first += (nuint)read;
            count -= (nuint)read;
        }
    }

    /// <summary><c>Elf64_Phdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ElfProgramHeader
    {
        internal const uint Loaded = 1;
        internal const uint Itself = 6;
        internal const uint Writable = 2;

        internal readonly uint Type;
        internal readonly uint Flags;
        private readonly ulong offset;
        internal readonly nuint Address;
        private readonly ulong physicalAddress;
        private readonly ulong sizeInFile;
        internal readonly nuint Size;
        private readonly ulong alignment;
    }
}
